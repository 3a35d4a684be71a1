/**
 * Failures of short links: a reader requested an unknown code, or a change conflicts with what is
 * stored.
 */
import { row } from './row.ts'

/**
 * A short link of a public article whose code resembles an unknown code. `language` is the language
 * of the title.
 */
export type SimilarCode = { code: string; url: string; title: string; language?: string }

/** The owner of a code that is in use: an article, or a link to an address. */
export type CodeOwner = { article: string } | { url: string }

export const LINK_FAILURES = {
  'unknown-code': row<{ near: SimilarCode[] }>({
    status: 404,
    title: 'No such short link',
    advice: 'No story has this code. Check each letter and digit.',
    sentence: () => 'Cannot find this short link: no story has this code',
    example: {
      near: [
        {
          code: 'expo25',
          url: 'https://news.example/expo25',
          title: 'Technology expo opens in Lahore with a national pavilion',
          language: 'en',
        },
      ],
    },
    members: ({ near }) =>
      near.length === 0
        ? {}
        : { near: near.map(({ code, url, title }) => ({ code, short_url: url, title })) },
    cacheControl: 'public, max-age=10',
  }),
  'unknown-link': row<{ action: string; code: string }>({
    status: 404,
    title: 'No such link',
    advice: 'Check the code, including upper and lower case. GET /api/links lists all codes.',
    sentence: ({ action, code }) => `Cannot ${action} "${code}": no link has this code`,
    example: { action: 'show', code: 'expo25' },
  }),
  'link-taken': row<{ action: string; code: string; owner: CodeOwner }>({
    status: 409,
    title: 'The code is in use',
    advice:
      'Choose another code. The code of an article stays with the article. To change where it redirects, publish the article with another canonical; to stop it, withdraw the article.',
    sentence: ({ action, code, owner }) =>
      'article' in owner
        ? `Cannot ${action} "${code}": it is a code of the article "${owner.article}", and stays with the article`
        : `Cannot ${action} "${code}": it already redirects to ${owner.url}`,
    example: { action: 'change', code: 'expo25', owner: { article: 'technology-expo' } },
  }),
  'link-removed': row<{ action: string; code: string }>({
    status: 409,
    title: 'The link was removed',
    advice:
      'Choose another code. To bring the link back, send its former address with republish: true (dateline links put --republish).',
    sentence: ({ action, code }) =>
      `Cannot ${action} "${code}": the link was removed; to bring it back, send its former address with republish: true`,
    example: { action: 'change', code: 'expo-map' },
  }),
}

/** Failures of a short link, or of a change to one. */
import { row } from './row.ts'

/**
 * A short link of a public article whose code resembles an unknown one. `language` is that of the
 * title.
 */
export type SimilarCode = { code: string; url: string; title: string; language: string }

/** The owner of a code that is wanted for something else: an article, or a link to an address. */
export type CodeOwner = { article: string } | { url: string }

export const LINK_FAILURES = {
  'unknown-code': row<{ near: SimilarCode[] }>({
    status: 404,
    title: 'No such short link',
    advice: 'No story has this code. Check each letter and digit of it.',
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
    advice: 'Check the code, upper and lower case too; GET /api/links lists all of them.',
    sentence: ({ action, code }) => `Cannot ${action} "${code}": no link has this code`,
    example: { action: 'show', code: 'expo25' },
  }),
  'link-taken': row<{ action: string; code: string; owner: CodeOwner }>({
    status: 409,
    title: 'The code is taken',
    advice:
      'Choose another code. That of an article stays with it: to move the article, publish it with another canonical; to take it back, withdraw it.',
    sentence: ({ action, code, owner }) =>
      'article' in owner
        ? `Cannot ${action} "${code}": it is a code of the article "${owner.article}", and stays with it`
        : `Cannot ${action} "${code}": it leads to ${owner.url}`,
    example: { action: 'change', code: 'expo25', owner: { article: 'technology-expo' } },
  }),
  'link-removed': row<{ action: string; code: string }>({
    status: 409,
    title: 'The link was removed',
    advice:
      'Choose another code, or say republish: true (dateline links put --republish) with the address that it led to, to bring the link back.',
    sentence: ({ action, code }) =>
      `Cannot ${action} "${code}": the link was removed; only republish: true and the address that it led to bring it back`,
    example: { action: 'change', code: 'expo-map' },
  }),
}

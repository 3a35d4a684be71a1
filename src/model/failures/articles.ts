/**
 * Failures of changes to articles: the article does not exist, or the change conflicts with what is
 * stored. Each row has its messages, its HTTP status and an example.
 */
import { EXAMPLE_ID, row } from './row.ts'

export const ARTICLE_FAILURES = {
  'unknown-article': row<{ action: string; id: string }>({
    status: 404,
    title: 'No such article',
    advice: 'Check the id; GET /api/articles lists all of them.',
    sentence: ({ action, id }) => `Cannot ${action} "${id}": no article has this id`,
    example: { action: 'show', id: EXAMPLE_ID },
  }),
  withdrawn: row<{ id: string }>({
    status: 409,
    title: 'The article was withdrawn',
    advice: 'Set republish: true in the manuscript to bring it back under the same id and code.',
    sentence: ({ id }) =>
      `Cannot publish "${id}": the article was withdrawn; set republish: true to bring it back`,
    example: { id: EXAMPLE_ID },
  }),
  'code-taken': row<{ id: string; code: string }>({
    status: 409,
    title: 'The code is in use',
    advice:
      'Choose another code, or leave it out and the desk creates one. Codes are never reused.',
    sentence: ({ id, code }) =>
      `Cannot publish "${id}": code "${code}" belongs to another article or link`,
    example: { id: EXAMPLE_ID, code: 'expo25' },
  }),
  'canonical-taken': row<{ id: string; canonical: string }>({
    status: 409,
    title: 'The canonical address is in use',
    advice: 'Send an address that no other article has.',
    sentence: ({ id, canonical }) =>
      `Cannot publish "${id}": canonical "${canonical}" belongs to another article`,
    example: { id: EXAMPLE_ID, canonical: 'https://news.example/2025/technology-expo' },
  }),
  'moved-into-future': row<{ id: string; published: string }>({
    status: 409,
    title: 'A public article cannot be embargoed',
    advice: 'Withdraw it, or leave published as it is.',
    sentence: ({ id, published }) =>
      `Cannot publish "${id}": it is public already, so published cannot move into the future (${published})`,
    example: { id: EXAMPLE_ID, published: '2099-03-01T11:00:00Z' },
  }),
}

/**
 * The operations on short links, with their examples: sent in this order, after those on articles,
 * they come out as they stand.
 */
import type { KnownLink, PageLink } from '../desk/protocol.ts'
import { problemOf } from '../http/problem.ts'
import type { LinkLineAnswer } from '../model/answers.ts'
import { prepareLinkLine } from '../model/link.ts'
import type { Publication } from '../model/publication.ts'
import { ROUTES } from '../model/urls.ts'
import { formatTime } from '../text/time.ts'
import { linkOutline, linkReceipt, missesReport } from './link-receipt.ts'
import { LINKS_PAGE_LENGTH, MAX_LINK_BYTES, MISSES_LISTED } from './links.ts'
import { MAX_LINK_LINES, MAX_LINKS_BYTES } from './links-bulk.ts'
import { articleExamples, siteOf } from './openapi/examples.ts'
import {
  type Examples,
  IF_MATCH,
  ifNoneMatch,
  jsonBody,
  type Operation,
  objectsBody,
  type Parameter,
} from './openapi/operation.ts'
import { ALWAYS, OF_LINES } from './openapi/problems.ts'
import { codeSchema } from './openapi/schemas.ts'

const codeParameter = (examples: Examples): Parameter => ({
  name: 'code',
  in: 'path',
  meaning: 'The code, upper and lower case as it was given.',
  schema: codeSchema,
  examples,
})

/** When the examples were made. Only the clock knows it; the test leaves it out. */
const NOW = Date.UTC(2025, 9, 17, 9) / 1000
const CODES = { page: 'expo-map', alias: 'expo-2025', old: 'KhiRail', taken: 'ferry' }

export function linkOperations(publication: Publication): Operation[] {
  const e = examples(publication)
  return [
    {
      route: ROUTES.apiLink,
      method: 'put',
      id: 'putLink',
      tag: 'links',
      summary: 'Give a code to a page or an article, or lead it elsewhere',
      meaning: `The whole link is given anew: what is left out is not kept. An address where an article lives means the article. Where it is made a change is seen at once, elsewhere as late as anything else. The body is at most ${MAX_LINK_BYTES} bytes.`,
      parameters: [
        codeParameter({ page: CODES.page, again: CODES.page, alias: CODES.alias }),
        IF_MATCH,
        ifNoneMatch('* gives only a code that is not given yet.'),
      ],
      body: jsonBody(true, 'Link', {
        page: e.page.sent,
        again: e.page.sent,
        alias: { article: e.article.id },
      }),
      answers: [
        {
          status: 201,
          meaning: 'Created.',
          headers: ['ETag', 'Location'],
          json: {
            schema: 'LinkReceipt',
            examples: { page: e.told(e.page.link), alias: e.told(e.alias) },
          },
        },
        {
          status: 200,
          meaning: 'Changed, or found to be the very same.',
          headers: ['ETag'],
          json: { schema: 'LinkReceipt', examples: { again: e.told(e.page.link, false) } },
        },
      ],
      problems: [
        'unparsable',
        'link-taken',
        'link-removed',
        'precondition-failed',
        'import-under-way',
        'too-large',
        'unsupported-coding',
        'unsupported-type',
        'invalid',
        ...ALWAYS,
      ],
    },
    {
      route: ROUTES.apiLink,
      method: 'get',
      id: 'readLink',
      tag: 'links',
      summary: 'Read a link',
      meaning: 'Of a page or of an article, by exactly its code.',
      parameters: [codeParameter({ page: CODES.page, article: e.article.code })],
      answers: [
        {
          status: 200,
          meaning: 'The link.',
          headers: ['ETag'],
          json: {
            schema: 'LinkOutline',
            examples: { page: e.outline(e.page.link), article: e.outline(e.primary) },
          },
        },
      ],
      problems: ['unknown-link', ...ALWAYS],
    },
    {
      route: ROUTES.apiLink,
      method: 'delete',
      id: 'removeLink',
      tag: 'links',
      summary: 'Take a link back',
      meaning:
        'Its code says so from now on: 410, or 451 with what legal says. It is never used for another. A second removal changes nothing. The code of an article goes with the article: withdraw that.',
      parameters: [
        codeParameter({ removal: CODES.page }),
        IF_MATCH,
        ifNoneMatch('Entity-tags of states that may not be removed; compared weakly.'),
      ],
      body: jsonBody(false, 'LinkRemoval', { removal: e.removal }),
      answers: [
        {
          status: 200,
          meaning: 'Removed, now or earlier.',
          headers: ['ETag'],
          json: { schema: 'LinkReceipt', examples: { removal: e.told(e.removed) } },
        },
      ],
      problems: [
        'unparsable',
        'unknown-link',
        'link-taken',
        'precondition-failed',
        'import-under-way',
        'too-large',
        'unsupported-coding',
        'invalid',
        ...ALWAYS,
      ],
    },
    {
      route: ROUTES.apiLinks,
      method: 'post',
      id: 'importLinks',
      tag: 'links',
      summary: 'Take links that were given out elsewhere',
      meaning: `One link a line, each with its code; at most ${MAX_LINK_LINES} lines and ${MAX_LINKS_BYTES} bytes. Each line is taken or refused by itself: read the status of each. A code that leads somewhere already stays as it is, and is refused when that is another place. To send the same again changes nothing, so whoever heard no answer sends it again.`,
      parameters: [
        {
          name: 'check',
          in: 'query',
          meaning: 'true: nothing is changed, and the answers tell what would become of each line.',
          schema: { type: 'string', enum: ['true', 'false'] },
          examples: { check: 'true' },
        },
      ],
      body: objectsBody('LinkLine', { check: e.lines, lines: e.lines }),
      answers: [
        {
          status: 200,
          meaning: 'What became of each line.',
          json: { schema: 'LinkBulkAnswer', examples: { check: e.bulk, lines: e.bulk } },
        },
      ],
      problems: ['bad-query', ...OF_LINES],
    },
    {
      route: ROUTES.apiLinks,
      method: 'get',
      id: 'listLinks',
      tag: 'links',
      summary: 'List all links',
      meaning: `All codes of articles and pages, in the order of their characters, ${LINKS_PAGE_LENGTH} a page.`,
      parameters: [
        {
          name: 'after',
          in: 'query',
          meaning: 'The code after which the page begins.',
          schema: codeSchema,
          examples: { list: CODES.alias },
        },
      ],
      answers: [
        {
          status: 200,
          meaning: 'One page.',
          sometimes: ['Link'],
          json: {
            schema: 'Links',
            examples: { list: { links: [e.removed, ...e.behind].map(e.outline) } },
          },
        },
      ],
      problems: ['bad-query', 'import-under-way', ...ALWAYS],
    },
    {
      route: ROUTES.apiMisses,
      method: 'get',
      id: 'listMisses',
      tag: 'links',
      summary: 'List codes that were asked for and are none',
      meaning:
        'Those that were asked for most come first: one of them may be a misprint. Nothing is kept of those who asked; a code that nobody has asked for in 90 days is forgotten.',
      parameters: [
        {
          name: 'limit',
          in: 'query',
          meaning: `How many; ${MISSES_LISTED.usual} when absent.`,
          schema: { type: 'integer', minimum: 1, maximum: MISSES_LISTED.most },
          examples: { misses: 10 },
        },
      ],
      answers: [
        {
          status: 200,
          meaning: 'Codes that were missed.',
          json: {
            schema: 'Misses',
            examples: {
              misses: missesReport([{ code: 'expo26', asked: 41, day: '2025-10-17' }]),
            },
          },
        },
      ],
      problems: ['bad-query', ...ALWAYS],
    },
  ]
}

/** All examples that tell of links. */
function examples(publication: Publication) {
  const { kept } = articleExamples(publication)
  const article = kept.complete
  const site = siteOf(publication)
  const sent = { url: `${site}/expo/map`, title: 'Map of the expo', expires: '2099-01-01' }
  const page: PageLink = {
    code: CODES.page,
    url: sent.url,
    title: sent.title,
    created: NOW,
    updated: NOW,
    expires: Date.parse(sent.expires) / 1000,
    revision: 1,
    change: 0,
  }
  const removal = { legal: 'The organiser forbids to show its map' }
  const linkOf = (link: PageLink): KnownLink => ({ code: link.code, alike: [], page: link })
  const codeOf = (code: string): KnownLink => ({ code, alike: [], article })
  const old: PageLink = {
    code: CODES.old,
    url: `${site}/2014/karachi-rail`,
    created: Date.UTC(2014, 2, 1, 9) / 1000,
    updated: NOW,
    revision: 1,
    change: 0,
  }
  const lines = [
    { code: old.code, url: old.url, created: formatTime(old.created) },
    { code: CODES.taken, url: `${site}/ferry/timetable` },
  ]
  const outline = (link: KnownLink) => linkOutline(link, publication, NOW)
  const told = (link: KnownLink, changed = true) => linkReceipt({ link, changed }, publication, NOW)
  const refusal = problemOf(
    {
      reason: 'link-taken',
      action: 'import',
      code: CODES.taken,
      holder: { article: kept.html.id },
    },
    publication.siteUrl,
  )
  const results: LinkLineAnswer[] = [
    { line: 1, code: old.code, status: 201, receipt: told(linkOf(old)) },
    { line: 2, code: CODES.taken, status: refusal.status, problem: refusal },
  ]
  if (!lines.every((line) => prepareLinkLine(line, publication).ok))
    throw new Error('An example of a link is refused')
  return {
    article,
    page: { sent, link: linkOf(page) },
    primary: codeOf(article.code),
    alias: codeOf(CODES.alias),
    removal,
    removed: linkOf({ ...page, revision: 2, removed: { when: NOW, ...removal } }),
    lines: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    bulk: { results, accepted: 1, refused: 1 },
    behind: [
      codeOf(article.code),
      { code: kept.html.code, alike: [], article: kept.html },
      { code: kept.legal.code, alike: [], article: kept.legal },
    ],
    outline,
    told,
  }
}

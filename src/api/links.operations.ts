/**
 * OpenAPI operations on short links. `links.ts` and `links-bulk.ts` implement them.
 *
 * The conformance tests send the examples in this order, after those on articles, and compare the
 * responses. An example may depend on the ones before it.
 */
import type { PageLink, StoredLink } from '../desk/protocol.ts'
import { buildProblem } from '../http/problem.ts'
import { parseLinkLine } from '../model/link.ts'
import type { Publication } from '../model/publication.ts'
import type { LinkLineResult } from '../model/responses.ts'
import { ROUTES } from '../model/urls.ts'
import { formatTime } from '../text/time.ts'
import { buildLinkOutline, buildLinkReceipt, buildUnknownCodesReport } from './link-receipt.ts'
import { LINKS_PAGE_LENGTH, MAX_LINK_BYTES, UNKNOWN_CODES_LIMIT } from './links.ts'
import { MAX_LINK_LINES, MAX_LINKS_BYTES } from './links-bulk.ts'
import { buildArticleExamples, getPublisherOrigin } from './openapi/examples.ts'
import {
  type Examples,
  IF_MATCH,
  ifNoneMatch,
  jsonBody,
  ndjsonObjectsBody,
  type Operation,
  type Parameter,
} from './openapi/operation.ts'
import { BULK_REASONS, COMMON_REASONS } from './openapi/problems.ts'
import { codeSchema } from './openapi/schemas.ts'

const codeParameter = (examples: Examples): Parameter => ({
  name: 'code',
  in: 'path',
  description: 'The code. Upper and lower case must match.',
  schema: codeSchema,
  examples,
})

/**
 * The current time in the examples, in seconds. The tests ignore times that come from the real
 * clock.
 */
const NOW = Date.UTC(2025, 9, 17, 9) / 1000
const CODES = { page: 'expo-map', alias: 'expo-2025', imported: 'KhiRail', inUse: 'ferry' }

export function buildLinkOperations(publication: Publication): Operation[] {
  const examples = buildLinkExamples(publication)
  return [
    {
      route: ROUTES.apiLink,
      method: 'put',
      operationId: 'putLink',
      tag: 'links',
      summary: 'Create or change a short link',
      description: `Gives the code to a page or an article. The body replaces the whole link: keys that are left out are removed. If url is the address of an article, the code is given to the article. The server instance that handles the request serves the change at once. Other instances serve it after the usual delay. The body may have at most ${MAX_LINK_BYTES} bytes.`,
      parameters: [
        codeParameter({ page: CODES.page, again: CODES.page, alias: CODES.alias }),
        IF_MATCH,
        ifNoneMatch('Send * to create the link only if the code is not in use yet.'),
      ],
      body: jsonBody(true, 'Link', {
        page: examples.page.body,
        again: examples.page.body,
        alias: { article: examples.article.id },
      }),
      responses: [
        {
          status: 201,
          description: 'The link was created.',
          headers: ['ETag', 'Location'],
          json: {
            schema: 'LinkReceipt',
            examples: {
              page: examples.buildReceipt(examples.page.link),
              alias: examples.buildReceipt(examples.alias),
            },
          },
        },
        {
          status: 200,
          description: 'The link was changed, or it was already the same.',
          headers: ['ETag'],
          json: {
            schema: 'LinkReceipt',
            examples: { again: examples.buildReceipt(examples.page.link, false) },
          },
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
        ...COMMON_REASONS,
      ],
    },
    {
      route: ROUTES.apiLink,
      method: 'get',
      operationId: 'readLink',
      tag: 'links',
      summary: 'Read a link',
      description:
        'Returns the link of a page or of an article. Upper and lower case of the code must match.',
      parameters: [codeParameter({ page: CODES.page, article: examples.article.code })],
      responses: [
        {
          status: 200,
          description: 'The link.',
          headers: ['ETag'],
          json: {
            schema: 'LinkOutline',
            examples: {
              page: examples.buildOutline(examples.page.link),
              article: examples.buildOutline(examples.primary),
            },
          },
        },
      ],
      problems: ['unknown-link', ...COMMON_REASONS],
    },
    {
      route: ROUTES.apiLink,
      method: 'delete',
      operationId: 'removeLink',
      tag: 'links',
      summary: 'Remove a link',
      description:
        'Its code then responds with 410. If the key legal describes a legal demand, it responds with 451 and this text. The code is never used for anything else. A second removal changes nothing, unless it describes another legal demand. To remove a code of an article, withdraw the article.',
      parameters: [
        codeParameter({ removal: CODES.page }),
        IF_MATCH,
        ifNoneMatch(
          'The link is not removed if its state has one of these entity-tags. They are compared weakly.',
        ),
      ],
      body: jsonBody(false, 'LinkRemoval', { removal: examples.removal }),
      responses: [
        {
          status: 200,
          description: 'The link is removed. It may have been removed before this request.',
          headers: ['ETag'],
          json: {
            schema: 'LinkReceipt',
            examples: { removal: examples.buildReceipt(examples.removed) },
          },
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
        ...COMMON_REASONS,
      ],
    },
    {
      route: ROUTES.apiLinks,
      method: 'post',
      operationId: 'importLinks',
      tag: 'links',
      summary: 'Import links of another system',
      description: `Send one link with its code on each line, at most ${MAX_LINK_LINES} lines and ${MAX_LINKS_BYTES} bytes. Each line is accepted or refused independently of the others, so check the status of each line. An existing link is never changed. A line is refused if its code already belongs to another page or article. Sending the same lines again changes nothing. Send them again if no response arrives.`,
      parameters: [
        {
          name: 'check',
          in: 'query',
          description:
            'If true, nothing changes, and the results say what would happen to each line.',
          schema: { type: 'string', enum: ['true', 'false'] },
          examples: { check: 'true' },
        },
      ],
      body: ndjsonObjectsBody('LinkLine', { check: examples.lines, lines: examples.lines }),
      responses: [
        {
          status: 200,
          description: 'The result of each line, in order.',
          json: {
            schema: 'LinkBulkAnswer',
            examples: { check: examples.bulk, lines: examples.bulk },
          },
        },
      ],
      problems: ['bad-query', ...BULK_REASONS],
    },
    {
      route: ROUTES.apiLinks,
      method: 'get',
      operationId: 'listLinks',
      tag: 'links',
      summary: 'List all links',
      description: `Lists all codes of articles and pages sorted by their characters, with ${LINKS_PAGE_LENGTH} on each page.`,
      parameters: [
        {
          name: 'after',
          in: 'query',
          description: 'The code after which the page begins.',
          schema: codeSchema,
          examples: { list: CODES.alias },
        },
      ],
      responses: [
        {
          status: 200,
          description: 'One page of the list.',
          optionalHeaders: ['Link'],
          json: {
            schema: 'Links',
            examples: {
              list: {
                links: [examples.removed, ...examples.articleLinks].map(examples.buildOutline),
              },
            },
          },
        },
      ],
      problems: ['bad-query', 'import-under-way', ...COMMON_REASONS],
    },
    {
      route: ROUTES.apiUnknownCodes,
      method: 'get',
      operationId: 'listMisses',
      tag: 'links',
      summary: 'List unknown codes that readers tried',
      description:
        'Lists the most requested codes first. A code that is requested often may be misprinted somewhere. Nothing about the readers is stored. A code is deleted from the list when nobody has requested it for 90 days.',
      parameters: [
        {
          name: 'limit',
          in: 'query',
          description: `How many codes to return at most. The default is ${UNKNOWN_CODES_LIMIT.default}.`,
          schema: { type: 'integer', minimum: 1, maximum: UNKNOWN_CODES_LIMIT.max },
          examples: { misses: 10 },
        },
      ],
      responses: [
        {
          status: 200,
          description: 'The unknown codes.',
          json: {
            schema: 'Misses',
            examples: {
              misses: buildUnknownCodesReport([{ code: 'expo26', asked: 41, day: '2025-10-17' }]),
            },
          },
        },
      ],
      problems: ['bad-query', ...COMMON_REASONS],
    },
  ]
}

/** Builds all examples of links. */
function buildLinkExamples(publication: Publication) {
  const { stored } = buildArticleExamples(publication)
  const article = stored.complete
  const publisherOrigin = getPublisherOrigin(publication)
  const body = {
    url: `${publisherOrigin}/expo/map`,
    title: 'Map of the expo',
    expires: '2099-01-01',
  }
  const page: PageLink = {
    code: CODES.page,
    url: body.url,
    title: body.title,
    created: NOW,
    updated: NOW,
    expires: Date.parse(body.expires) / 1000,
    revision: 1,
    change: 0,
  }
  const removal = { legal: 'The organiser has forbidden the use of its map' }
  const buildPageLink = (link: PageLink): StoredLink => ({ code: link.code, alike: [], page: link })
  const buildArticleLink = (code: string): StoredLink => ({ code, alike: [], article })
  const imported: PageLink = {
    code: CODES.imported,
    url: `${publisherOrigin}/2014/karachi-rail`,
    created: Date.UTC(2014, 2, 1, 9) / 1000,
    updated: NOW,
    revision: 1,
    change: 0,
  }
  const lines = [
    { code: imported.code, url: imported.url, created: formatTime(imported.created) },
    { code: CODES.inUse, url: `${publisherOrigin}/ferry/timetable` },
  ]
  const buildOutline = (link: StoredLink) => buildLinkOutline(link, publication, NOW)
  const buildReceipt = (link: StoredLink, changed = true) =>
    buildLinkReceipt({ link, changed }, publication, NOW)
  const refusal = buildProblem(
    {
      reason: 'link-taken',
      action: 'import',
      code: CODES.inUse,
      owner: { article: stored.html.id },
    },
    publication.siteUrl,
  )
  const results: LinkLineResult[] = [
    { line: 1, code: imported.code, status: 201, receipt: buildReceipt(buildPageLink(imported)) },
    { line: 2, code: CODES.inUse, status: refusal.status, problem: refusal },
  ]
  if (!lines.every((line) => parseLinkLine(line, publication).ok))
    throw new Error('An example of a link is refused')
  return {
    article,
    page: { body, link: buildPageLink(page) },
    primary: buildArticleLink(article.code),
    alias: buildArticleLink(CODES.alias),
    removal,
    removed: buildPageLink({ ...page, revision: 2, removed: { when: NOW, ...removal } }),
    lines: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    bulk: { results, accepted: 1, refused: 1 },
    articleLinks: [
      buildArticleLink(article.code),
      { code: stored.html.code, alike: [], article: stored.html },
      { code: stored.legal.code, alike: [], article: stored.legal },
    ],
    buildOutline,
    buildReceipt,
  }
}

/**
 * The responses of the publish API. Each shape is defined once: the types of the routes, the parser
 * of the command line and the schemas of the API's description are derived from it. Times are RFC
 * 3339 in UTC, and addresses are absolute.
 */
import * as v from 'valibot'
import { CODE_GRAMMAR } from './code.ts'
import { column } from './rows.ts'
import { AuthorSchema, ImageSchema, STORY } from './story.ts'
import { ID_GRAMMAR } from './urls.ts'

const text = (meaning: string) => v.pipe(v.string(), v.description(meaning))
const flag = (meaning: string) => v.pipe(v.boolean(), v.description(meaning))
const address = (meaning: string) => v.pipe(v.string(), v.url(), v.description(meaning))
const time = (meaning: string) => v.pipe(v.string(), v.isoTimestamp(), v.description(meaning))
const count = (meaning: string, min = 0) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.description(meaning))
const id = v.pipe(v.string(), v.regex(ID_GRAMMAR), v.description('Chosen once; never changes.'))
const code = v.pipe(
  v.string(),
  v.regex(CODE_GRAMMAR),
  v.description('The code of the short link; never reused.'),
)
const dateline = v.exactOptional(
  text(
    'The place of the dateline, from the key or from the beginning of the text; absent if there is none.',
  ),
)
const removed = v.pipe(
  v.array(v.string()),
  v.description('What was removed from the text as unsafe or invalid, one entry per kind.'),
)
const warnings = v.exactOptional(
  v.pipe(
    v.array(v.string()),
    v.description('What was accepted but should be checked; absent if there is nothing to check.'),
  ),
)
const changed = flag(
  'False if the desk already had exactly this; revision and times are then unchanged.',
)

/** One article in a list. Receipts and the full article begin with the same keys. */
export const ArticleOutlineSchema = v.strictObject({
  id,
  status: v.pipe(
    v.picklist(['public', 'embargoed', 'withdrawn']),
    v.description('An embargoed article is not visible to readers until its publication time.'),
  ),
  revision: count('Counts accepted changes; the ETag is this number in quotation marks.', 1),
  title: text('The headline.'),
  code,
  short_url: address('The short link.'),
  canonical: address('The main address of the article.'),
  published: time('When it became public, or will become public.'),
  updated: time('When the content last changed in substance.'),
  withdrawn: v.exactOptional(time('When it was withdrawn; absent if it was not.')),
  reason: v.exactOptional(text('Why it was withdrawn, if the newsroom gave a reason.')),
  legal: v.exactOptional(text('The legal demand that made it necessary. Readers see this text.')),
})

export const ChannelSchema = v.strictObject({
  channel: text('Key of the channel: all, corrections, or folder and slug.'),
  page: address('The HTML page of the channel.'),
  rss: address('The feed as RSS 2.0.'),
  atom: address('The feed as Atom.'),
  json: address('The feed as JSON Feed 1.1.'),
})

/** The result of a change. */
export const ReceiptSchema = v.strictObject({
  ...ArticleOutlineSchema.entries,
  feeds: v.pipe(
    v.array(ChannelSchema),
    v.description(
      'Channels that have this article, or will have it when it is public; empty if it was withdrawn.',
    ),
  ),
  dateline,
  removed,
  warnings,
  changed,
})

/**
 * The result of one line of a bulk request. It leaves out the feeds, which would make up most of
 * the response.
 */
export const LineReceiptSchema = v.strictObject({
  ...ArticleOutlineSchema.entries,
  dateline,
  removed,
  warnings,
  changed,
})

const { excerpt: _, ...storedEntries } = column(STORY, 'stored')
/** The keys of a story in responses: the stored values, in the shapes that manuscripts have. */
const STORY_ENTRIES = {
  ...storedEntries,
  authors: v.array(AuthorSchema.options[1]),
  image: v.exactOptional(ImageSchema),
}

/** All that an editor needs to change the article again, including the text as it was sent. */
export const ArticleSchema = v.strictObject({
  ...ArticleOutlineSchema.entries,
  ...STORY_ENTRIES,
  corrections: v.pipe(
    v.array(
      v.strictObject({
        at: time('When the correction was published.'),
        text: text('What was wrong and what is right.'),
      }),
    ),
    v.description('All corrections ever published, oldest first; may be empty.'),
  ),
  body: v.exactOptional(text('The text as it was sent, if that was Markdown.')),
  html: v.exactOptional(text('The text as it was sent, before cleaning, if that was HTML.')),
})

export const ArticlesSchema = v.strictObject({
  articles: v.array(ArticleOutlineSchema),
  next: v.exactOptional(text('Path and query of the next page; absent on the last.')),
})

export const FaultSchema = v.strictObject({
  detail: text('What is wrong.'),
  pointer: text('Where it is wrong: a JSON Pointer (RFC 6901) into the input.'),
})

const AlternativeSchema = v.strictObject({
  type: text('The media type of this format.'),
  url: address('The address that always has this format.'),
})

const SimilarCodeSchema = v.strictObject({
  code: v.pipe(
    v.string(),
    v.regex(CODE_GRAMMAR),
    v.description('The code that the reader may have meant.'),
  ),
  short_url: address('The short link.'),
  title: text('The headline of its story, or the title or address of its page.'),
})

/**
 * The body of a problem (RFC 9457). There is no `instance`, because a response has no address of
 * its own.
 */
export const ProblemSchema = v.strictObject({
  type: address('Identifies the kind of problem, and is the address of a page about it.'),
  title: text('Names the kind of problem; the same for all problems of this kind.'),
  status: count('The HTTP status of the response.', 400),
  detail: text('What went wrong this time, for people.'),
  errors: v.exactOptional(v.pipe(v.array(FaultSchema), v.description('All faults of the input.'))),
  alternatives: v.exactOptional(
    v.pipe(v.array(AlternativeSchema), v.description('The available formats.')),
  ),
  withdrawn: v.exactOptional(time('When it was withdrawn, if known.')),
  near: v.exactOptional(
    v.pipe(
      v.array(SimilarCodeSchema),
      v.description('Short links that the reader may have meant.'),
    ),
  ),
})

/** An article whose text changed when it was cleaned again, or which was refused. */
const RecleanedTextSchema = v.strictObject({
  id,
  changes: v.pipe(
    v.array(
      v.strictObject({
        key: text('The key of the story whose value differs.'),
        before: text('The old value at the first difference.'),
        after: text('The new value at the same place.'),
      }),
    ),
    v.description(
      'What differs. If `problem` is present, other keys of the article are refused, and only the text was cleaned.',
    ),
  ),
  removed,
  problem: v.exactOptional(ProblemSchema),
})
export type RecleanedText = v.InferOutput<typeof RecleanedTextSchema>

export const RecleanedPageSchema = v.strictObject({
  checked: count('How many articles this request read.'),
  results: v.pipe(
    v.array(RecleanedTextSchema),
    v.description('The articles whose text changed, and those of which a key is refused.'),
  ),
  next: v.exactOptional(text('Path and query of the next page; absent on the last.')),
})

const lineNumber = count(
  'Number of the line in the request; counts from 1 and includes blank lines.',
  1,
)

export const LineResultSchema = v.union([
  v.strictObject({
    line: lineNumber,
    id,
    status: v.picklist([200, 201]),
    receipt: LineReceiptSchema,
  }),
  v.strictObject({
    line: lineNumber,
    id: v.exactOptional(id),
    status: count('The HTTP status that a request with this manuscript alone would get.', 400),
    problem: ProblemSchema,
  }),
])

export const BulkResponseSchema = v.strictObject({
  results: v.pipe(v.array(LineResultSchema), v.description('One per line, in order.')),
  accepted: count('How many lines were accepted.'),
  refused: count('How many lines were rejected.'),
})

/** One code in a list. Receipts begin with the same keys. */
export const LinkOutlineSchema = v.strictObject({
  code,
  short_url: address('The short link.'),
  status: v.pipe(
    v.picklist(['live', 'embargoed', 'withdrawn', 'expired', 'removed']),
    v.description(
      'Only a live code redirects. The code of an article has the status of the article: an embargoed one is unknown to readers, a withdrawn one reports the withdrawal.',
    ),
  ),
  url: address('The address to which it redirects, or to which it redirected before.'),
  article: v.exactOptional(
    v.pipe(v.string(), v.regex(ID_GRAMMAR), v.description('The article that the code belongs to.')),
  ),
  primary: v.exactOptional(
    flag('Whether it is the current code of its article; absent if it belongs to no article.'),
  ),
  title: v.exactOptional(text('The title of the page, or the headline of the article.')),
  created: time(
    'When it was created. For the code of an article, when the article became public, or will become public.',
  ),
  updated: time('When it last changed.'),
  expires: v.exactOptional(time('When it expires, or when it expired.')),
  removed: v.exactOptional(time('When it was removed, or its article was withdrawn.')),
  legal: v.exactOptional(text('The legal demand that made it necessary. Readers see this text.')),
  revision: count(
    'Counts changes; the ETag is this number in quotation marks. For the code of an article, the revision of the article.',
    1,
  ),
  folds: flag(
    'True if upper and lower case make no difference, because no other code differs only in case.',
  ),
  alike: v.exactOptional(
    v.pipe(
      v.array(v.string()),
      v.description(
        'Codes that differ from it only in case; absent if there are none. Each of these codes then works only in its exact case.',
      ),
    ),
  ),
  hidden: v.exactOptional(
    flag(
      'True if the host of the site has a page at the same path. The code still works on the host of the short links, and its preview on both.',
    ),
  ),
})

/** The result of a change to a link. */
export const LinkReceiptSchema = v.strictObject({ ...LinkOutlineSchema.entries, changed })

export const LinksSchema = v.strictObject({
  links: v.array(LinkOutlineSchema),
  next: v.exactOptional(text('Path and query of the next page; absent on the last.')),
})

const lineCode = v.pipe(v.string(), v.regex(CODE_GRAMMAR), v.description('The code in this line.'))

export const LinkLineResultSchema = v.union([
  v.strictObject({
    line: lineNumber,
    code: lineCode,
    status: v.pipe(
      v.picklist([200, 201]),
      v.description('201: it is new; 200: it existed already.'),
    ),
    receipt: LinkReceiptSchema,
  }),
  v.strictObject({
    line: lineNumber,
    code: v.exactOptional(lineCode),
    status: count('The HTTP status of the problem with this line.', 400),
    problem: ProblemSchema,
  }),
])

export const LinkBulkResponseSchema = v.strictObject({
  results: v.pipe(v.array(LinkLineResultSchema), v.description('One per line, in order.')),
  accepted: count('How many lines were accepted, or would be in a dry run.'),
  refused: count('How many lines were rejected.'),
})

/** Unknown codes that readers tried. Nothing about the readers is stored. */
export const UnknownCodesSchema = v.strictObject({
  misses: v.array(
    v.strictObject({
      code: v.pipe(v.string(), v.regex(CODE_GRAMMAR), v.description('The code, in lower case.')),
      asked: count(
        'The number of minutes in which it was requested. Each isolate counts separately, so this is an estimate of how often it was requested, and not by how many people.',
        1,
      ),
      last: v.pipe(
        v.string(),
        v.isoDate(),
        v.description('The last day it was requested, in UTC.'),
      ),
    }),
  ),
})

/** The state of the outbox. It has counts and an age, but does not identify articles. */
export const OutboxSchema = v.strictObject({
  owed: count('Number of KV keys that are waiting to be written.'),
  backlog: count('How many of them are written after news: those of bulk requests and rebuilds.'),
  oldest_owed_seconds: count('Age of the oldest news among them in seconds; 0 if there is none.'),
  failing_keys: count(
    'How many of them failed at the last attempt. Each is retried until it succeeds.',
  ),
  rebuilding: flag('Whether a rebuild is in progress.'),
  importing: flag('Whether an import is in progress. The desk is closed until it ends.'),
})

/** The progress of an import. */
export const ImportStatusSchema = v.strictObject({
  state: v.pipe(
    v.picklist(['empty', 'under-way', 'done', 'occupied']),
    v.description(
      'empty: an import can begin; under-way: an import is in progress; done: the desk was imported; occupied: the desk has articles of its own.',
    ),
  ),
  export: v.exactOptional(text('The name of the export, from its first line.')),
  lines: v.exactOptional(count('How many of its lines were imported.')),
})

export const RebuildingSchema = v.strictObject({ rebuilding: v.literal(true) })
export const OpenSchema = v.strictObject({ open: v.literal(true) })

/** The description of the API itself. OpenAPI defines its form. */
export const DescriptionSchema = v.looseObject({ openapi: v.string() })

export const HealthSchema = v.strictObject({
  status: v.pipe(
    v.picklist(['ok', 'late', 'failing', 'importing']),
    v.description(
      'ok has the status 200. late (news has waited too long) and the others have 503.',
    ),
  ),
  ...OutboxSchema.entries,
})

export type Problem = v.InferOutput<typeof ProblemSchema>
export type LinkOutline = v.InferOutput<typeof LinkOutlineSchema>
export type LinkLineResult = v.InferOutput<typeof LinkLineResultSchema>
export type LineResult = v.InferOutput<typeof LineResultSchema>

/**
 * Returns the value unchanged. The compiler rejects keys that the schema lacks, which a spread
 * would hide.
 */
export const conformTo = <TSchema extends v.GenericSchema, TValue extends v.InferOutput<TSchema>>(
  _: TSchema,
  value: TValue & Record<Exclude<keyof TValue, keyof v.InferOutput<TSchema>>, never>,
): v.InferOutput<TSchema> => value

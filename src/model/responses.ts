/**
 * The responses of the publish API, each shape once. The types of the routes, the shapes that the
 * command line parses and the schemas of the API's description are made of these. A time is RFC
 * 3339 in UTC, an address is absolute.
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
const id = v.pipe(v.string(), v.regex(ID_GRAMMAR), v.description('Chosen once, never changes.'))
const code = v.pipe(
  v.string(),
  v.regex(CODE_GRAMMAR),
  v.description('The code of the short link; never used for another.'),
)
const removed = v.pipe(
  v.array(v.string()),
  v.description('What cleaning took out of the text, one entry a kind of thing.'),
)
const warnings = v.exactOptional(
  v.pipe(
    v.array(v.string()),
    v.description('What to look at although it was accepted; there when there is something.'),
  ),
)
const changed = flag('False when the desk had the very same already: revision and times stay.')

/** One line of the list. Receipts and the full article begin with the same keys. */
export const ArticleOutlineSchema = v.strictObject({
  id,
  status: v.pipe(
    v.picklist(['public', 'embargoed', 'withdrawn']),
    v.description('An embargoed article is out of sight until the time it is published.'),
  ),
  revision: count('Counts accepted changes; the ETag is this number in quotation marks.', 1),
  title: text('The headline.'),
  code,
  short_url: address('The short link.'),
  canonical: address('Where the article lives.'),
  published: time('When it was first public, or will be.'),
  updated: time('When its substance changed last.'),
  withdrawn: v.exactOptional(time('When it was taken back; there when it was.')),
  reason: v.exactOptional(text('Why it was taken back, as far as that was said.')),
  legal: v.exactOptional(text('The legal demand, which readers are shown.')),
})

export const ChannelSchema = v.strictObject({
  channel: text('Key of the channel: all, or its folder and slug.'),
  page: address('Its page.'),
  rss: address('Its feed as RSS 2.0.'),
  atom: address('Its feed as Atom.'),
  json: address('Its feed as JSON Feed 1.1.'),
})

/** The result of a change. */
export const ReceiptSchema = v.strictObject({
  ...ArticleOutlineSchema.entries,
  feeds: v.pipe(
    v.array(ChannelSchema),
    v.description(
      'Channels that carry the article, or will when it is public; none once withdrawn.',
    ),
  ),
  removed,
  warnings,
  changed,
})

/** The result of one line of many, without the feeds, which would be most of the response. */
export const LineReceiptSchema = v.strictObject({
  ...ArticleOutlineSchema.entries,
  removed,
  warnings,
  changed,
})

const { excerpt: _, ...storedEntries } = column(STORY, 'stored')
/** The keys of a story as responses have them: as stored, in the shapes of a manuscript. */
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
        at: time('When it was made.'),
        text: text('What was wrong and what is right.'),
      }),
    ),
    v.description('All that were ever made, the oldest first; may be none.'),
  ),
  body: v.exactOptional(text('The text, when it was sent as Markdown.')),
  html: v.exactOptional(text('The text, when it was sent as HTML; as sent, not as cleaned.')),
})

export const ArticlesSchema = v.strictObject({
  articles: v.array(ArticleOutlineSchema),
  next: v.exactOptional(text('Path and query of the next page; absent on the last.')),
})

export const FaultSchema = v.strictObject({
  detail: text('What is wrong.'),
  pointer: text('Where: a JSON Pointer (RFC 6901) into the manuscript.'),
})

const AlternativeSchema = v.strictObject({
  type: text('The media type of this form.'),
  url: address('Where it always has this form.'),
})

const SimilarCodeSchema = v.strictObject({
  code: v.pipe(
    v.string(),
    v.regex(CODE_GRAMMAR),
    v.description('The code that may have been meant.'),
  ),
  short_url: address('The short link.'),
  title: text('The headline of its story.'),
})

/**
 * The body of a problem (RFC 9457). There is no `instance`, because a response has no address of
 * its own.
 */
export const ProblemSchema = v.strictObject({
  type: address('Names the kind of problem, and is the address of a page about it.'),
  title: text('The same for every problem of this kind.'),
  status: count('The status of the answer.', 400),
  detail: text('What went wrong this time, for a person.'),
  errors: v.exactOptional(
    v.pipe(v.array(FaultSchema), v.description('Every fault of the manuscript at once.')),
  ),
  alternatives: v.exactOptional(
    v.pipe(v.array(AlternativeSchema), v.description('What there is instead.')),
  ),
  withdrawn: v.exactOptional(time('When it was taken back, where that is known.')),
  near: v.exactOptional(
    v.pipe(v.array(SimilarCodeSchema), v.description('Short links that may have been meant.')),
  ),
})

const lineNumber = count('Number of the line in the request, from 1, empty ones counted.', 1)

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
    status: count('The status that this manuscript alone would have been answered with.', 400),
    problem: ProblemSchema,
  }),
])

export const BulkResponseSchema = v.strictObject({
  results: v.pipe(v.array(LineResultSchema), v.description('One a line, in order.')),
  accepted: count('How many lines were taken.'),
  refused: count('How many were not.'),
})

/** A code as the list has it. Receipts begin with the same keys. */
export const LinkOutlineSchema = v.strictObject({
  code,
  short_url: address('The short link.'),
  status: v.pipe(
    v.picklist(['live', 'embargoed', 'withdrawn', 'expired', 'removed']),
    v.description(
      'Whether it leads to url. Of a code of an article it follows the article: embargoed, it is out of sight; withdrawn, it says so.',
    ),
  ),
  url: address('Where it leads, or led.'),
  article: v.exactOptional(
    v.pipe(v.string(), v.regex(ID_GRAMMAR), v.description('The article whose code it is.')),
  ),
  primary: v.exactOptional(
    flag('Of a code of an article: whether it is the one that the article prints.'),
  ),
  title: v.exactOptional(text('What is there: the headline of the article.')),
  created: time(
    'When it was made; of a code of an article when that was first public, or will be.',
  ),
  updated: time('When it changed last.'),
  expires: v.exactOptional(time('When it ends, or ended.')),
  removed: v.exactOptional(time('When it was removed, or its article withdrawn.')),
  legal: v.exactOptional(text('The legal demand, which readers are shown.')),
  revision: count(
    'Counts changes; the ETag is this number in quotation marks. Of a code of an article that of the article.',
    1,
  ),
  folds: flag('Whether it is answered in upper and lower case alike, as long as it is alone.'),
  alike: v.exactOptional(
    v.pipe(
      v.array(v.string()),
      v.description(
        'Codes that differ from it only in case, when there are any: each is then answered only as it is written.',
      ),
    ),
  ),
  hidden: v.exactOptional(
    flag(
      'True when an address of the same name answers on the host of the site. The host of the short links leads on, and so does its preview on both.',
    ),
  ),
})

/** The result of a change to a link. */
export const LinkReceiptSchema = v.strictObject({ ...LinkOutlineSchema.entries, changed })

export const LinksSchema = v.strictObject({
  links: v.array(LinkOutlineSchema),
  next: v.exactOptional(text('Path and query of the next page; absent on the last.')),
})

const lineCode = v.pipe(v.string(), v.regex(CODE_GRAMMAR), v.description('The code of the line.'))

export const LinkLineResultSchema = v.union([
  v.strictObject({
    line: lineNumber,
    code: lineCode,
    status: v.pipe(
      v.picklist([200, 201]),
      v.description('201: it is new; 200: it leads there already.'),
    ),
    receipt: LinkReceiptSchema,
  }),
  v.strictObject({
    line: lineNumber,
    code: v.exactOptional(lineCode),
    status: count('The status of what is wrong with this line.', 400),
    problem: ProblemSchema,
  }),
])

export const LinkBulkResponseSchema = v.strictObject({
  results: v.pipe(v.array(LinkLineResultSchema), v.description('One a line, in order.')),
  accepted: count('How many lines were taken, or would be.'),
  refused: count('How many were not.'),
})

/** Unknown codes that readers tried. Nothing about the readers is stored. */
export const UnknownCodesSchema = v.strictObject({
  misses: v.array(
    v.strictObject({
      code: v.pipe(v.string(), v.regex(CODE_GRAMMAR), v.description('The code, in lower case.')),
      asked: count(
        'In how many minutes somebody asked for it. Each isolate counts for itself, so this is about how often, and never how many people.',
        1,
      ),
      last: v.pipe(v.string(), v.isoDate(), v.description('The last day, in UTC.')),
    }),
  ),
})

/** The state of the outbox: counts and ages, nothing about an article. */
export const OutboxSchema = v.strictObject({
  owed: count('Things that readers have yet to be told.'),
  backlog: count('The part of them that gives way to news: of bulk and of rebuilding.'),
  oldest_owed_seconds: count('Age of the oldest news among them; 0 when there is none.'),
  failing_keys: count('Things whose last writing failed; it is tried again without end.'),
  rebuilding: flag('Whether everything is being written anew.'),
  importing: flag('Whether an import is under way, which closes the desk until it has ended.'),
})

/** The progress of an import. */
export const ImportStatusSchema = v.strictObject({
  state: v.pipe(
    v.picklist(['empty', 'under-way', 'done', 'occupied']),
    v.description(
      'empty: an import can begin; under-way: it has begun; done: this desk was imported; occupied: it holds articles of its own.',
    ),
  ),
  export: v.exactOptional(text('The name of the export, as its first line has it.')),
  lines: v.exactOptional(count('How many of its lines were taken.')),
})

export const RebuildingSchema = v.strictObject({ rebuilding: v.literal(true) })
export const OpenSchema = v.strictObject({ open: v.literal(true) })

/** The description of the API itself, whose form OpenAPI defines. */
export const DescriptionSchema = v.looseObject({ openapi: v.string() })

export const HealthSchema = v.strictObject({
  status: v.pipe(
    v.picklist(['ok', 'late', 'failing', 'importing']),
    v.description('ok comes with 200; late (news has waited too long) and the others with 503.'),
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

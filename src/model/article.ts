/**
 * The two shapes of a story. A `Manuscript` is what a writer sends; an `Article` is what is kept: checked,
 * cleaned, numbered and dated. The schema below is the only source of both the rules and the types; where a
 * rule is code, metadata before it says in the words of JSON Schema as much of it as those can, for the
 * description of the API (`api/openapi/schemas.ts`).
 */
import * as v from 'valibot'
import {
  byteLength,
  findForbidden,
  hasPiledMarks,
  isVisible,
  MAX_MARKS_IN_ROW,
  nameOf,
  oneLine,
} from '../text/characters.ts'
import { canonicalLanguage } from '../text/language.ts'
import { parseTime } from '../text/time.ts'
import { isSlug, languageSlug, MAX_SLUG_BYTES, slugOf } from './channel.ts'
import { CODE_GRAMMAR, isRudeCode } from './code.ts'
import { endingOfOther } from './picture.ts'
import { ID_GRAMMAR, isPlannedName, isReservedCode, isWebAddress } from './urls.ts'

/** Every limit of a manuscript, by name. Characters are code points. */
export const LIMITS = {
  titleCharacters: 300,
  summaryPoints: 5,
  summaryPointCharacters: 500,
  nameCharacters: 100,
  altCharacters: 1000,
  tags: 32,
  authors: 16,
  urlCharacters: 2048,
  sourceBytes: 256 * 1024,
  htmlBytes: 1024 * 1024,
  reasonCharacters: 500,
  correctionCharacters: 500,
  /** In one article, over the years. */
  corrections: 20,
} as const

const count = (text: string): number => [...text].length

/** One line of plain text, refused when it holds a character that no reader should meet. */
export const plainText = (name: string, limit: number, format: { format?: string } = {}) =>
  v.pipe(
    v.string(`${name} is not text`),
    v.metadata({ minLength: 1, maxLength: limit, ...format }),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const forbidden = findForbidden(dataset.value)
      if (forbidden) {
        const { point, position } = forbidden
        addIssue({ message: `${name} has ${nameOf(point)} at character ${position}` })
        return NEVER
      }
      if (hasPiledMarks(dataset.value)) {
        addIssue({ message: `${name} has more than ${MAX_MARKS_IN_ROW} combining marks in a row` })
        return NEVER
      }
      return oneLine(dataset.value)
    }),
    v.check((text) => text !== '', `${name} is empty`),
    v.check(isVisible, `${name} has no character that can be seen`),
    v.check(
      (text) => count(text) <= limit,
      (issue) => `${name} has ${count(String(issue.input))} characters, more than ${limit}`,
    ),
  )

/** The name of a channel: plain text whose slug can stand in an address. */
const channelName = (name: string) =>
  v.pipe(
    plainText(name, LIMITS.nameCharacters),
    v.check((text) => slugOf(text) !== '', `${name} has no letter or digit`),
    v.check(
      (text) => isSlug(slugOf(text)),
      `${name} is longer than ${MAX_SLUG_BYTES} bytes as a slug`,
    ),
  )

export const time = (name: string) =>
  v.pipe(
    v.string(`${name} is not a time such as 2026-01-15T09:00:00Z`),
    v.metadata({ anyOf: [{ format: 'date-time' }, { format: 'date' }] }),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const seconds = parseTime(dataset.value)
      if (seconds !== undefined) return seconds
      addIssue({
        message: `${name} is not a time with an offset such as 2026-01-15T09:00:00Z, nor a date`,
      })
      return NEVER
    }),
  )

/** An absolute http or https address, normalised to ASCII; no user name, no backslash, no control character. */
export const webAddress = (name: string) =>
  v.pipe(
    v.string(`${name} is not text`),
    v.metadata({ format: 'uri', pattern: '^https?://', maxLength: LIMITS.urlCharacters }),
    v.check(
      (url) => count(url) <= LIMITS.urlCharacters,
      `${name} is longer than ${LIMITS.urlCharacters} characters`,
    ),
    v.check((url) => isWebAddress(url), `${name} is not an absolute http or https address`),
    v.transform((url) => new URL(url).href),
  )

const wholeNumber = (name: string) =>
  v.pipe(
    v.number(`${name} is not a number`),
    v.safeInteger(`${name} is not a whole number`),
    v.minValue(1, `${name} is less than 1`),
  )

export const AuthorSchema = v.union(
  [
    v.pipe(
      channelName('author'),
      v.transform((name): { name: string; url?: string; email?: string } => ({ name })),
    ),
    v.strictObject(
      {
        name: channelName('author'),
        url: v.exactOptional(webAddress('author url')),
        email: v.exactOptional(
          v.pipe(
            plainText('author email', 254, { format: 'email' }),
            v.regex(
              /^[^\s@()<>]+@[^\s@()<>]+\.[^\s@()<>]+$/,
              'author email is not an e-mail address',
            ),
          ),
        ),
      },
      'author is neither a name nor an object with a name',
    ),
  ],
  'author is neither a name nor an object with a name',
)

export const ImageSchema = v.strictObject(
  {
    url: v.pipe(
      v.string('image url is not text'),
      v.metadata({
        format: 'uri-reference',
        pattern: '^(?:https?://|/media/)',
        maxLength: LIMITS.urlCharacters,
      }),
      v.check(
        (url) => count(url) <= LIMITS.urlCharacters,
        `image url is longer than ${LIMITS.urlCharacters} characters`,
      ),
      v.check(
        (url) => isWebAddress(url) || /^\/media\/[^\\\s"<>]+$/.test(url),
        'image url is neither an absolute http or https address nor a path under /media/',
      ),
      v.check(
        (url) => !/\.svgz?(?:[?#]|$)/i.test(url),
        'image url names an SVG, which can carry scripts',
      ),
      v.check(
        (url) => endingOfOther(url) === undefined,
        (issue) => `image url ends in ".${endingOfOther(issue.input)}", which is no image`,
      ),
      v.transform((url) =>
        url.startsWith('/') ? new URL(url, 'http://media').pathname : new URL(url).href,
      ),
      v.check(
        (url) => !url.startsWith('/') || url.startsWith('/media/'),
        'image url leaves /media/',
      ),
    ),
    alt: plainText('image alt', LIMITS.altCharacters),
    width: v.exactOptional(wholeNumber('image width')),
    height: v.exactOptional(wholeNumber('image height')),
    type: v.exactOptional(
      v.pipe(
        v.string('image type is not text'),
        v.toLowerCase(),
        v.regex(/^image\/[a-z0-9.+-]+$/, 'image type is not a media type such as image/jpeg'),
        v.check((type) => !type.includes('svg'), 'image type is SVG, which can carry scripts'),
      ),
    ),
    length: v.exactOptional(wholeNumber('image length')),
    credit: v.exactOptional(plainText('image credit', LIMITS.nameCharacters)),
  },
  'image is not an object with url and alt',
)

/** A value alone stands for a list of one. */
const listOf = <const TItem extends v.GenericSchema>(name: string, item: TItem, limit: number) =>
  v.pipe(
    v.unknown(),
    v.metadata({ oneOrMore: item, maxItems: limit }),
    v.transform((value): unknown[] => (Array.isArray(value) ? value : [value])),
    // Counted before the entries are looked at, each of which may have its own fault.
    v.maxLength(limit, (issue) => `${name} has ${issue.received} entries, more than ${limit}`),
    v.array(item),
  )

const source = (name: string) =>
  v.pipe(
    v.string(`${name} is not text`),
    v.metadata({ minLength: 1, maxLength: LIMITS.sourceBytes }),
    v.check((text) => text.trim() !== '', `${name} is empty`),
    v.check(
      (text) => byteLength(text) <= LIMITS.sourceBytes,
      `${name} is larger than ${LIMITS.sourceBytes} bytes`,
    ),
  )

/** Why a code is refused that has a reserved name. */
export const NAME_OF_ADDRESS = 'code is the name of an address of the site'

/**
 * A key that the desk sets: it may be sent back as it was read, and the desk compares it with what
 * is.
 */
const asRead = v.exactOptional(v.unknown())

/** What a writer may send. Front matter and JSON have the same keys; times become seconds. */
export const ManuscriptSchema = v.pipe(
  v.strictObject(
    {
      id: v.pipe(
        v.string('id is not text'),
        v.regex(
          ID_GRAMMAR,
          'id is not 1 to 96 of a-z, 0-9 and -, beginning and ending with a letter or digit',
        ),
      ),
      title: plainText('title', LIMITS.titleCharacters),
      summary: v.exactOptional(
        listOf(
          'summary',
          plainText('summary point', LIMITS.summaryPointCharacters),
          LIMITS.summaryPoints,
        ),
      ),
      dateline: v.exactOptional(channelName('dateline')),
      body: v.exactOptional(source('body')),
      html: v.exactOptional(source('html')),
      authors: v.exactOptional(listOf('authors', AuthorSchema, LIMITS.authors)),
      section: v.exactOptional(channelName('section')),
      tags: v.exactOptional(listOf('tags', channelName('tag'), LIMITS.tags)),
      language: v.exactOptional(
        v.pipe(
          v.string('language is not text'),
          v.check(
            (tag) => canonicalLanguage(tag) !== undefined,
            'language is not a language tag such as ar or en-GB',
          ),
          v.transform((tag) => canonicalLanguage(tag) ?? tag),
          v.check((tag) => byteLength(languageSlug(tag)) <= MAX_SLUG_BYTES, 'language is too long'),
        ),
      ),
      image: v.exactOptional(ImageSchema),
      canonical: v.exactOptional(webAddress('canonical')),
      code: v.exactOptional(
        v.pipe(
          v.string('code is not text'),
          v.regex(CODE_GRAMMAR, 'code is not 1 to 64 of A-Z, a-z, 0-9, _ and -'),
          // A name that is only planned may be a code from before: the desk knows whose it is.
          v.check((code) => isPlannedName(code) || !isReservedCode(code), NAME_OF_ADDRESS),
          v.check((code) => !isRudeCode(code), 'code is a rude word'),
        ),
      ),
      published: v.exactOptional(time('published')),
      updated: v.exactOptional(time('updated')),
      correction: v.exactOptional(
        listOf(
          'correction',
          plainText('correction', LIMITS.correctionCharacters),
          LIMITS.corrections,
        ),
      ),
      republish: v.exactOptional(v.boolean('republish is neither true nor false')),
      status: asRead,
      revision: asRead,
      short_url: asRead,
      withdrawn: asRead,
      reason: asRead,
      legal: asRead,
      corrections: asRead,
    },
    'manuscript is not an object',
  ),
  v.metadata({ oneOf: [{ required: ['body'] }, { required: ['html'] }] }),
  v.forward(
    v.partialCheck(
      [['body'], ['html']],
      (input) => input.body === undefined || input.html === undefined,
      'html is given beside body; one of them is the text',
    ),
    ['html'],
  ),
  v.forward(
    v.partialCheck(
      [['body'], ['html']],
      (input) => input.body !== undefined || input.html !== undefined,
      'body is missing',
    ),
    ['body'],
  ),
  v.forward(
    v.partialCheck(
      [['published'], ['updated']],
      (input) =>
        input.published === undefined ||
        input.updated === undefined ||
        input.updated >= input.published,
      'updated is earlier than published',
    ),
    ['updated'],
  ),
)

export type Manuscript = v.InferOutput<typeof ManuscriptSchema>
/** Keys of a manuscript that only come back from the desk (`desk/claims.ts`). */
export const DESK_KEYS = [
  'status',
  'revision',
  'short_url',
  'withdrawn',
  'reason',
  'legal',
  'corrections',
] as const satisfies (keyof Manuscript)[]
/** What a manuscript says of its article as it stands. */
export type Claims = Partial<Record<(typeof DESK_KEYS)[number], unknown>>

export type Author = v.InferOutput<typeof AuthorSchema>
export type Image = v.InferOutput<typeof ImageSchema>

/** `legal`: the demand that made it necessary, as readers are told (RFC 7725). */
export const WithdrawalSchema = v.strictObject({
  reason: v.exactOptional(plainText('reason', LIMITS.reasonCharacters)),
  legal: v.exactOptional(plainText('legal', LIMITS.reasonCharacters)),
})

export type Withdrawal = v.InferOutput<typeof WithdrawalSchema>

/** What the story says: the part of an article that comes from its manuscript, cleaned and complete. */
export type Story = {
  title: string
  summary: string[]
  /** The beginning of the text, for feeds and cards when the writer gave no summary. */
  excerpt: string
  dateline?: string
  authors: Author[]
  section?: string
  tags: string[]
  language: string
  image?: Image
  /** Sanitised; the marks of `text.ts` stand for the site's origin and the article's own address. */
  html: string
  /** What the writer sent, so that it can be edited again. */
  source: { form: 'markdown' | 'html'; text: string }
}

/** A manuscript checked and cleaned, on its way to the desk. Absent `code`, `canonical`, times: leave as they are. */
export type Draft = {
  id: string
  story: Story
  code?: string
  /** `null`: the page that Dateline serves. */
  canonical?: string | null
  published?: number
  updated?: number
  /** What was wrong and what is right; those that the article has already change nothing. */
  corrections?: string[]
  republish: boolean
  /** Refused where they say something else than what is. */
  claims?: Claims
}

/** A stated change of substance: when it was made, in seconds, and what it says. */
export type Correction = { at: number; text: string }

export type ArticleState = 'embargoed' | 'public' | 'withdrawn'

/** A kept article. Times in seconds; `everPublic` tells whether the outside world has known it. */
export type Article = {
  id: string
  state: ArticleState
  revision: number
  code: string
  canonical?: string
  published: number
  updated: number
  everPublic: boolean
  /** The oldest first. */
  corrections: Correction[]
  /** `reason` is the newsroom's own; `legal` is told to everybody who asks for the article. */
  withdrawn?: { when: number; reason?: string; legal?: string }
  story: Story
}

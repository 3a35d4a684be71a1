/**
 * The story: the text of an article and what describes it. `STORY` has one row for each key. The
 * schemas of manuscripts, of the ledger and exports, of responses and of the API's description are
 * derived from these rows.
 */
import * as v from 'valibot'
import { encodeAddress } from '../text/addresses.ts'
import { byteLength } from '../text/characters.ts'
import { pick } from '../text/json.ts'
import { canonicalizeLanguage, describeInvalidLanguage } from '../text/language.ts'
import { MAX_SLUG_BYTES, slugifyLanguage } from './channel.ts'
import { findNonImageExtension } from './image-url.ts'
import { type Column, column } from './rows.ts'
import {
  channelName,
  countCharacters,
  emailAddress,
  LIMITS,
  listOf,
  plainText,
  source,
  webAddress,
  wholeNumber,
} from './rules.ts'
import { positiveInteger, storedAddress } from './stored.ts'
import { isWebAddress } from './urls.ts'

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
        email: v.exactOptional(emailAddress('author email')),
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
        format: 'iri-reference',
        pattern: '^(?:[Hh][Tt][Tt][Pp][Ss]?://|/media/)',
        maxLength: LIMITS.urlCharacters,
      }),
      v.check(
        (url) => countCharacters(url) <= LIMITS.urlCharacters,
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
        (url) => findNonImageExtension(url) === undefined,
        (issue) =>
          `image url ends in ".${findNonImageExtension(issue.input)}", which is not an image`,
      ),
      v.transform((url) =>
        encodeAddress(
          url.startsWith('/') ? new URL(url, 'http://media').pathname : new URL(url).href,
        ),
      ),
      v.check(
        (url) => !url.startsWith('/') || url.startsWith('/media/'),
        'image url is outside of /media/',
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

/**
 * Defines a key that writers send and that is stored.
 *
 * - `sent` validates input; its messages are sentences for the writer.
 * - `stored` validates the ledger and exports. It is less strict than `sent`, because values that
 *   an earlier rule accepted must be restored from a backup. Its description is for clients of the
 *   API.
 * - `meaning` and `example` describe the key of the manuscript in the API's description.
 */
const key = <const SentStory extends v.GenericSchema, const Stored extends v.GenericSchema>(row: {
  sent: SentStory
  stored: Stored
  meaning: string
  example: NonNullable<v.InferInput<NoInfer<SentStory>>>
}) => row

/** Defines a key that is sent, but stored in another form. */
const sentOnly = <const Row extends { sent: v.GenericSchema; meaning: string; example?: string }>(
  row: Row,
) => row

/** Defines a key that is derived from the rest of the manuscript. */
const derived = <const Stored extends v.GenericSchema>(stored: Stored) => ({ stored })

/** Stored text, with its description for clients of the API. */
const text = (meaning: string) => v.pipe(v.string(), v.description(meaning))

const StoredAuthorSchema = v.strictObject({
  name: v.string(),
  url: v.exactOptional(storedAddress),
  email: v.exactOptional(v.string()),
})
const StoredImageSchema = v.strictObject({
  url: v.string(),
  alt: v.string(),
  width: v.exactOptional(positiveInteger),
  height: v.exactOptional(positiveInteger),
  type: v.exactOptional(v.string()),
  length: v.exactOptional(positiveInteger),
  credit: v.exactOptional(v.string()),
})

/** One row for each key, in the order in which the keys of a story are stored. */
export const STORY = {
  title: key({
    sent: plainText('title', LIMITS.titleCharacters),
    stored: text('The headline.'),
    meaning:
      'The headline. Required. Runs of white space become one space before characters are counted.',
    example: 'Technology expo opens in Lahore with a national pavilion',
  }),
  summary: key({
    sent: v.exactOptional(
      listOf(
        'summary',
        plainText('summary point', LIMITS.summaryPointCharacters),
        LIMITS.summaryPoints,
      ),
    ),
    stored: v.pipe(v.array(v.string()), v.description('The points of the summary; may be empty.')),
    meaning: `Up to ${LIMITS.summaryPoints} points; a single one needs no list.`,
    example: ['The expo runs for three days.', 'Thirty-two technology zones take part.'],
  }),
  /** The beginning of the text, for feeds and previews if there is no summary. */
  excerpt: derived(v.string()),
  dateline: key({
    sent: v.exactOptional(channelName('dateline')),
    stored: v.exactOptional(text('The place, as sent or as found at the beginning of the text.')),
    meaning: 'The place. If absent, it is read from the beginning of the text.',
    example: 'Lahore',
  }),
  body: sentOnly({
    sent: v.exactOptional(source('body')),
    meaning: `The text as Markdown, at most ${LIMITS.sourceBytes} bytes of UTF-8. Send either this or html.`,
    example:
      'The expo **opens** on Tuesday and runs for three days.\n\n- Data centres\n- Electric vehicles',
  }),
  html: sentOnly({
    sent: v.exactOptional(source('html')),
    meaning: `The text as HTML, at most ${LIMITS.sourceBytes} bytes of UTF-8. Anything that could harm readers is removed.`,
  }),
  authors: key({
    sent: v.exactOptional(listOf('authors', AuthorSchema, LIMITS.authors)),
    stored: v.array(StoredAuthorSchema),
    meaning: 'Who wrote it: names, or objects with a name and more. A single one needs no list.',
    example: [
      'Sana Tariq',
      { name: 'Omar Haddad', url: 'https://omar.example/', email: 'omar@omar.example' },
    ],
  }),
  section: key({
    sent: v.exactOptional(channelName('section')),
    stored: v.exactOptional(text('The section.')),
    meaning: 'The section. Each section has its own feeds.',
    example: 'Technology',
  }),
  tags: key({
    sent: v.exactOptional(listOf('tags', channelName('tag'), LIMITS.tags)),
    stored: v.array(v.string()),
    meaning: 'Tags. Each tag has its own feeds. A single one needs no list.',
    example: ['Pakistan', 'Trade fairs'],
  }),
  language: key({
    sent: v.exactOptional(
      v.pipe(
        v.string('language is not text'),
        v.check(
          (tag) => canonicalizeLanguage(tag) !== undefined,
          (issue) => describeInvalidLanguage(issue.input),
        ),
        v.transform((tag) => canonicalizeLanguage(tag) ?? tag),
        v.check(
          (tag) => byteLength(slugifyLanguage(tag)) <= MAX_SLUG_BYTES,
          'language is too long',
        ),
      ),
    ),
    stored: text('Language tag (BCP 47).'),
    meaning: 'Language tag (BCP 47). If absent, the language of the publication.',
    example: 'en',
  }),
  image: key({
    sent: v.exactOptional(ImageSchema),
    stored: v.exactOptional(StoredImageSchema),
    meaning: 'The main picture of the article.',
    example: {
      url: 'https://pictures.example/expo.jpg',
      alt: 'Visitors in front of a hall',
      width: 1200,
      height: 800,
      type: 'image/jpeg',
      length: 184_320,
      credit: 'Photo desk',
    },
  }),
} as const

const STORED_ENTRIES = column(STORY, 'stored')

/** The story of a manuscript that was validated, cleaned and completed. */
export const StorySchema = v.strictObject({
  ...STORED_ENTRIES,
  /**
   * Sanitised HTML. The marks of `text/characters.ts` are placeholders for the site's origin and
   * the article's address.
   */
  html: v.string(),
  /** The text as it was sent, so that it can be edited again. */
  source: v.strictObject({ form: v.picklist(['markdown', 'html']), text: v.string() }),
})

export type Story = v.InferOutput<typeof StorySchema>
export type Author = Story['authors'][number]
export type Image = NonNullable<Story['image']>

/** The keys of a story in a validated manuscript. */
type SentStory = v.InferOutput<typeof SentSchema>
const SentSchema = v.strictObject(column(STORY, 'sent'))

/** Keys that are both sent and stored. */
type SharedKey = keyof SentStory & keyof Column<typeof STORY, 'stored'>
const isSharedKey = (name: string): name is SharedKey =>
  name in SentSchema.entries && name in STORED_ENTRIES
const SHARED_KEYS = Object.keys(STORY).filter(isSharedKey)

/**
 * Picks the keys that a story shares with its manuscript. The caller replaces those that it derives
 * or completes.
 */
export const pickSharedKeys = (manuscript: SentStory): Pick<SentStory, SharedKey> =>
  pick(manuscript, SHARED_KEYS)

/**
 * Builds a story with its keys in the order of the rows, so that equal stories are stored as equal
 * bytes. Throws if the story could not be restored from a backup.
 */
export const buildStory = (parts: Story): Story => v.parse(StorySchema, parts)

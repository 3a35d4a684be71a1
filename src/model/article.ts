/**
 * The two shapes of an article. A `Manuscript` is what a writer sends. An `Article` is what the
 * desk stores: validated, cleaned, numbered and dated. The keys of the story are in `story.ts`, all
 * others are here.
 */
import * as v from 'valibot'
import { CODE_GRAMMAR, isRudeCode } from './code.ts'
import { column } from './rows.ts'
import { LIMITS, listOf, plainText, time, webAddress } from './rules.ts'
import { positiveInteger, storedAddress, storedCode, storedId, storedTime } from './stored.ts'
import { STORY, type Story, StorySchema } from './story.ts'
import { ID_GRAMMAR, isPlannedName, isReservedCode } from './urls.ts'

/** The message when a code has a reserved name. */
export const RESERVED_CODE_MESSAGE = 'code is reserved for an address of the site'

/**
 * A key that only the desk sets. A manuscript may repeat it; the desk then compares it with the
 * stored value.
 */
const deskKey = {
  sent: v.exactOptional(v.unknown()),
  meaning:
    'Set by the desk. Ignored if the value is the current one, so that an article can be sent back as it was read. Rejected otherwise.',
}
/** Keys that only the desk sets (`claims.ts`). */
const CLAIMS = {
  status: deskKey,
  revision: deskKey,
  short_url: deskKey,
  withdrawn: deskKey,
  reason: deskKey,
  legal: deskKey,
  corrections: deskKey,
}

/** Every key of a manuscript, with its rule and its meaning. */
export const MANUSCRIPT = {
  id: {
    sent: v.pipe(
      v.string('id is not text'),
      v.regex(
        ID_GRAMMAR,
        'id is not 1 to 96 characters of a-z, 0-9 and -, beginning and ending with a letter or digit',
      ),
    ),
    meaning:
      'Chosen once by the newsroom; never changes. The path of a PUT contains it, and the manuscript may repeat it.',
  },
  ...STORY,
  canonical: {
    sent: v.exactOptional(webAddress('canonical')),
    meaning:
      'The main address of the article, on a host that the settings allow. If absent, the stored address is unchanged; a new article has the address of the page that Dateline serves.',
  },
  code: {
    sent: v.exactOptional(
      v.pipe(
        v.string('code is not text'),
        v.regex(CODE_GRAMMAR, 'code is not 1 to 64 characters of A-Z, a-z, 0-9, _ and -'),
        // Planned names pass this check, because a code may be older than the plan. The desk checks
        // whether the article owns it.
        v.check((code) => isPlannedName(code) || !isReservedCode(code), RESERVED_CODE_MESSAGE),
        v.check((code) => !isRudeCode(code), 'code is a rude word'),
      ),
    ),
    meaning:
      'The code of the short link. If absent, the stored code is unchanged; for a new article the desk creates one. After a change the old code still works.',
  },
  published: {
    sent: v.exactOptional(time('published')),
    meaning:
      'A time with an offset, or a date, which means 00:00 UTC. A time in the future is an embargo. If absent, the stored time is unchanged; a new article is published now.',
  },
  updated: {
    sent: v.exactOptional(time('updated')),
    meaning:
      'When the content last changed in substance; not before published. If absent, the stored time is unchanged.',
  },
  correction: {
    sent: v.exactOptional(
      listOf(
        'correction',
        plainText('correction', LIMITS.correctionCharacters),
        LIMITS.corrections,
      ),
    ),
    meaning: `What was wrong and what is right. Each has at most ${LIMITS.correctionCharacters} characters; a single one needs no list. It gets the new updated as its time and is stored for ever. A correction that the article already has is ignored.`,
  },
  republish: {
    sent: v.exactOptional(v.boolean('republish is neither true nor false')),
    meaning: 'True publishes a withdrawn article again, under the same id and code.',
  },
  ...CLAIMS,
}

/** What a writer may send. Front matter and JSON have the same keys; times become seconds. */
export const ManuscriptSchema = v.pipe(
  v.strictObject(column(MANUSCRIPT, 'sent'), 'manuscript is not an object'),
  v.metadata({ oneOf: [{ required: ['body'] }, { required: ['html'] }] }),
  v.forward(
    v.partialCheck(
      [['body'], ['html']],
      (input) => input.body === undefined || input.html === undefined,
      'html and body are both present; send only one of them',
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
/** The values that a manuscript sends for keys that only the desk sets. */
export type Claims = Partial<Record<keyof typeof CLAIMS, unknown>>

const isDeskKey = (key: string): key is keyof typeof CLAIMS => Object.hasOwn(CLAIMS, key)
export const DESK_KEYS = Object.keys(CLAIMS).filter(isDeskKey)

/** `legal` is the legal demand, which readers see (RFC 7725). */
export const WithdrawalSchema = v.strictObject({
  reason: v.exactOptional(plainText('reason', LIMITS.reasonCharacters)),
  legal: v.exactOptional(plainText('legal', LIMITS.reasonCharacters)),
})

export type Withdrawal = v.InferOutput<typeof WithdrawalSchema>

/**
 * A validated and cleaned manuscript, as it is sent to the desk. An absent `code`, `canonical` or
 * time leaves the stored value unchanged.
 */
export type Draft = Pick<Manuscript, 'id' | 'code' | 'published' | 'updated'> & {
  story: Story
  /** `null` means the address of the page that Dateline serves. */
  canonical?: string | null
  /** What was wrong and what is right. Corrections that the article already has are ignored. */
  corrections?: string[]
  republish: boolean
  /** The draft is refused if one of them differs from the stored value. */
  claims?: Claims
}

/** A stored article. Times are in seconds. */
export const StoredArticleSchema = v.strictObject({
  id: storedId,
  state: v.picklist(['embargoed', 'public', 'withdrawn']),
  revision: positiveInteger,
  code: storedCode,
  canonical: v.exactOptional(storedAddress),
  published: storedTime,
  updated: storedTime,
  /** Whether the article was ever public. */
  everPublic: v.boolean(),
  /** Corrections, oldest first. */
  corrections: v.array(v.strictObject({ at: storedTime, text: v.string() })),
  /**
   * `reason` is internal to the newsroom. `legal` is shown to everybody who requests the article.
   */
  withdrawn: v.exactOptional(
    v.strictObject({
      when: storedTime,
      reason: v.exactOptional(v.string()),
      legal: v.exactOptional(v.string()),
    }),
  ),
  story: StorySchema,
})

export type Article = v.InferOutput<typeof StoredArticleSchema>
export type ArticleState = Article['state']
export type Correction = Article['corrections'][number]

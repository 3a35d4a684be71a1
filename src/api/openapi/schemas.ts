/**
 * Converts the valibot schemas of requests and responses to JSON Schema, for the OpenAPI document.
 *
 * Most descriptions of keys come from `src/model/`, where the rules for the keys are. The
 * descriptions of the keys of authors, images, withdrawals and links are in this file.
 */

import {
  type ConversionConfig,
  type JsonSchema,
  toJsonSchema,
  toJsonSchemaDefs,
} from '@valibot/to-json-schema'
import type * as v from 'valibot'
import { PROBLEMS } from '../../http/problem.ts'
import {
  MANUSCRIPT,
  ManuscriptSchema,
  type Withdrawal,
  WithdrawalSchema,
} from '../../model/article.ts'
import { CODE_GRAMMAR } from '../../model/code.ts'
import { FAILURE_REASONS, type FailureReason } from '../../model/failures.ts'
import { LinkLineSchema, LinkSchema, RemovalSchema } from '../../model/link.ts'
import {
  ArticleOutlineSchema,
  ArticleSchema,
  ArticlesSchema,
  BulkResponseSchema,
  ChannelSchema,
  DescriptionSchema,
  FaultSchema,
  HealthSchema,
  ImportStatusSchema,
  LineReceiptSchema,
  LineResultSchema,
  LinkBulkResponseSchema,
  LinkLineResultSchema,
  LinkOutlineSchema,
  LinkReceiptSchema,
  LinksSchema,
  OpenSchema,
  OutboxSchema,
  ProblemSchema,
  RebuildingSchema,
  ReceiptSchema,
  RecleanedPageSchema,
  UnknownCodesSchema,
} from '../../model/responses.ts'
import { column } from '../../model/rows.ts'
import { type Author, AuthorSchema, type Image, ImageSchema } from '../../model/story.ts'
import { pageUrl, problemPath } from '../../model/urls.ts'
import { isRecord } from '../../text/json.ts'

export type Schema = JsonSchema | Record<string, unknown>

const AUTHOR_DESCRIPTIONS: Readonly<Record<keyof Author, string>> = {
  name: 'The name that readers see.',
  url: 'The address of a page about the author.',
  email: 'An e-mail address that readers may see.',
}
const IMAGE_DESCRIPTIONS: Readonly<Record<keyof Image, string>> = {
  url: 'An absolute address, or a path under /media/. SVG is not allowed.',
  alt: 'A description of the image for people who cannot see it.',
  width: 'The width in pixels.',
  height: 'The height in pixels.',
  type: 'The media type.',
  length: 'The size in bytes.',
  credit: 'The name of the photographer or agency to credit.',
}

const WITHDRAWAL_DESCRIPTIONS: Readonly<Record<keyof Withdrawal, string>> = {
  reason: 'The reason for the withdrawal. Only the newsroom sees it.',
  legal: 'The legal demand that is the reason (RFC 7725). Readers see this text.',
}
const LINK_DESCRIPTIONS: Readonly<Record<keyof v.InferInput<typeof LinkSchema>, string>> = {
  url: "The address to redirect to. It must be on one of the publisher's own hosts, and must not be a short link. Send either url or article.",
  article: 'The id of an article, which gets this code in addition to its own.',
  title: 'The title of the page, for previews.',
  expires:
    'When the link expires: a time with an offset, or a date, which means 00:00 UTC. Not allowed with article.',
  republish: 'If true, restores a removed link. The url must be the one that the link had before.',
}
const LINK_LINE_DESCRIPTIONS: Readonly<Record<keyof v.InferInput<typeof LinkLineSchema>, string>> =
  {
    code: 'The code that the other system published. It may have mixed case, and it may be a word that new codes must not use.',
    url: LINK_DESCRIPTIONS.url,
    article: LINK_DESCRIPTIONS.article,
    title: LINK_DESCRIPTIONS.title,
    expires: LINK_DESCRIPTIONS.expires,
    created: 'When the link was created. The default is now.',
  }

/** These schemas are converted once. Other schemas refer to them by name. */
const DEFINITIONS = { Author: AuthorSchema.options[1], Image: ImageSchema }

const SCHEMAS = {
  ...DEFINITIONS,
  Manuscript: ManuscriptSchema,
  Withdrawal: WithdrawalSchema,
  Outline: ArticleOutlineSchema,
  Channel: ChannelSchema,
  Receipt: ReceiptSchema,
  LineReceipt: LineReceiptSchema,
  Article: ArticleSchema,
  Articles: ArticlesSchema,
  LineAnswer: LineResultSchema,
  BulkAnswer: BulkResponseSchema,
  Link: LinkSchema,
  LinkLine: LinkLineSchema,
  LinkRemoval: RemovalSchema,
  LinkOutline: LinkOutlineSchema,
  LinkReceipt: LinkReceiptSchema,
  Links: LinksSchema,
  LinkLineAnswer: LinkLineResultSchema,
  LinkBulkAnswer: LinkBulkResponseSchema,
  Misses: UnknownCodesSchema,
  Outbox: OutboxSchema,
  Standing: ImportStatusSchema,
  Rebuilding: RebuildingSchema,
  RecleanedPage: RecleanedPageSchema,
  Open: OpenSchema,
  Health: HealthSchema,
  Description: DescriptionSchema,
  Fault: FaultSchema,
  Problem: ProblemSchema,
}

export type SchemaName = keyof typeof SCHEMAS | 'ManuscriptLine' | `problem-${FailureReason}`
export const schemaReference = (name: SchemaName): Schema => ({
  $ref: `#/components/schemas/${name}`,
})

const CONVERSION: ConversionConfig = {
  target: 'draft-2020-12',
  // Converts the values that clients send, not the values that a schema makes from them.
  typeMode: 'input',
  // The code of these actions cannot be expressed in JSON Schema. Metadata next to them adds what
  // can be. Any other action that cannot be converted throws.
  ignoreActions: ['check', 'partial_check', 'to_lower_case'],
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  overrideAction: ({ valibotAction, jsonSchema }) => {
    if (valibotAction.type !== 'metadata' || !('metadata' in valibotAction)) return undefined
    const { metadata } = valibotAction
    return isRecord(metadata) && isSchema(metadata['oneOrMore'])
      ? { anyOf: buildOneOrMore(metadata['oneOrMore'], Number(metadata['maxItems'])) }
      : jsonSchema
  },
}

const isSchema = (value: unknown): value is v.GenericSchema =>
  isRecord(value) && value['kind'] === 'schema'

/** Converts the result of `listOf` in `src/model/rules.ts`: one value, or an array of them. */
function buildOneOrMore(item: v.GenericSchema, maxItems: number): JsonSchema[] {
  const {
    $schema: _,
    $defs: __,
    ...single
  } = toJsonSchema(item, { ...CONVERSION, definitions: DEFINITIONS })
  return [single, { type: 'array', items: single, maxItems }]
}

/** The schema of a short link's code in a path. */
export const codeSchema: Schema = { type: 'string', pattern: CODE_GRAMMAR.source }

/** Converts the schema of one value, such as a parameter. */
export function convertSchema(schema: v.GenericSchema): Schema {
  const { $schema: _, ...converted } = toJsonSchema(schema, CONVERSION)
  return converted
}

/** Returns all schemas of the document by name. */
export function buildSchemas(siteUrl: string): Record<string, Schema> {
  const { Manuscript, Author, Image, Problem, Withdrawal, Link, LinkLine, LinkRemoval, ...others } =
    toJsonSchemaDefs(SCHEMAS, CONVERSION)
  const manuscript = addDescriptions(Manuscript, column(MANUSCRIPT, 'meaning'))
  // A manuscript that is sent alone may omit its id, because the address of the request contains
  // it.
  const required = Manuscript?.required?.filter((key) => key !== 'id')
  return {
    Manuscript: { ...manuscript, required },
    ManuscriptLine: {
      description: 'A manuscript on one line of NDJSON. It must contain its id.',
      allOf: [schemaReference('Manuscript'), { required: ['id'] }],
    },
    Author: addDescriptions(Author, AUTHOR_DESCRIPTIONS),
    Image: addDescriptions(Image, IMAGE_DESCRIPTIONS),
    Withdrawal: addDescriptions(Withdrawal, WITHDRAWAL_DESCRIPTIONS),
    Link: addDescriptions(Link, LINK_DESCRIPTIONS),
    LinkLine: addDescriptions(LinkLine, LINK_LINE_DESCRIPTIONS),
    LinkRemoval: addDescriptions(LinkRemoval, { legal: WITHDRAWAL_DESCRIPTIONS.legal }),
    ...others,
    Problem: { ...Problem },
    ...Object.fromEntries(
      FAILURE_REASONS.map((reason) => [
        `problem-${reason}`,
        problemSchema(reason, { ...Problem }, siteUrl),
      ]),
    ),
  }
}

function addDescriptions(
  schema: JsonSchema | undefined,
  descriptions: Record<string, string>,
): Schema {
  const properties = Object.entries(schema?.properties ?? {}).map(([key, property]) => [
    key,
    { ...(isRecord(property) && property), description: descriptions[key] },
  ])
  return { ...schema, properties: Object.fromEntries(properties) }
}

/**
 * Builds the schema of problems with one reason, in which type, title and status are constant.
 * Additional members are listed only for the reasons that have them.
 */
function problemSchema(reason: FailureReason, problem: JsonSchema, siteUrl: string): Schema {
  const { status, title, advice } = PROBLEMS[reason]
  const { errors, alternatives, near, withdrawn, ...properties } = problem.properties ?? {}
  const reasonProperties = {
    ...(reason === 'invalid' && { errors }),
    ...(reason === 'not-acceptable' && { alternatives }),
  }
  return {
    ...problem,
    description: advice,
    properties: {
      ...properties,
      type: { const: pageUrl({ siteUrl, shortUrl: siteUrl }, problemPath(reason)) },
      title: { const: title },
      status: { const: status },
      ...reasonProperties,
      ...(reason === 'unknown-code' && { near }),
      ...((reason === 'gone' || reason === 'legal') && { withdrawn }),
    },
    required: ['type', 'title', 'status', 'detail', ...Object.keys(reasonProperties)],
  }
}

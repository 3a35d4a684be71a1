/**
 * The schemas of the API's description, converted from the valibot schemas that check what comes in
 * and describe what goes out. The meanings of the keys of a manuscript stand beside their rules;
 * those of its parts and of links are here.
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
  UnknownCodesSchema,
} from '../../model/responses.ts'
import { column } from '../../model/rows.ts'
import { type Author, AuthorSchema, type Image, ImageSchema } from '../../model/story.ts'
import { pageUrl, problemPath } from '../../model/urls.ts'
import { isRecord } from '../../text/json.ts'

export type Schema = JsonSchema | Record<string, unknown>

const AUTHOR_DESCRIPTIONS: Readonly<Record<keyof Author, string>> = {
  name: 'The name as it is printed.',
  url: 'A page about the author.',
  email: 'An e-mail address that readers may see.',
}
const IMAGE_DESCRIPTIONS: Readonly<Record<keyof Image, string>> = {
  url: 'An absolute address, or a path under /media/. No SVG.',
  alt: 'What it shows, for those who do not see it.',
  width: 'In pixels.',
  height: 'In pixels.',
  type: 'Media type.',
  length: 'In bytes.',
  credit: 'Whom to name for it.',
}

const WITHDRAWAL_DESCRIPTIONS: Readonly<Record<keyof Withdrawal, string>> = {
  reason: 'Why, for the newsroom; readers are not told.',
  legal: 'The legal demand that made it necessary, as readers are told (RFC 7725).',
}
const LINK_DESCRIPTIONS: Readonly<Record<keyof v.InferInput<typeof LinkSchema>, string>> = {
  url: "An address on one of the publisher's own hosts, and no short link. Either this or article.",
  article: 'The id of an article, whose code it is then too.',
  title: 'What is there, for previews.',
  expires: 'When it ends: a time with an offset, or a date, which is 00:00 UTC. Not of an article.',
  republish: 'True brings a removed link back, to the address that it led to.',
}
const LINK_LINE_DESCRIPTIONS: Readonly<Record<keyof v.InferInput<typeof LinkLineSchema>, string>> =
  {
    code: 'The code as it was given out; may be in mixed case, and be a word that no new one may be.',
    url: LINK_DESCRIPTIONS.url,
    article: LINK_DESCRIPTIONS.article,
    title: LINK_DESCRIPTIONS.title,
    expires: LINK_DESCRIPTIONS.expires,
    created: 'When it was made. Absent: now.',
  }

/** Parts of others that no list stands in between. */
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
  // What comes in is described as it is sent: conversion of each value ends where it is first
  // changed.
  typeMode: 'input',
  // Rules in code, of which metadata beside them says what can be said. All else that cannot be
  // told throws.
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

/** One value alone, or a list of such (`listOf` in article.ts). */
function buildOneOrMore(item: v.GenericSchema, maxItems: number): JsonSchema[] {
  const {
    $schema: _,
    $defs: __,
    ...single
  } = toJsonSchema(item, { ...CONVERSION, definitions: DEFINITIONS })
  return [single, { type: 'array', items: single, maxItems }]
}

/** A code as an address has it. */
export const codeSchema: Schema = { type: 'string', pattern: CODE_GRAMMAR.source }

/** One value by itself, for a parameter. */
export function convertSchema(schema: v.GenericSchema): Schema {
  const { $schema: _, ...converted } = toJsonSchema(schema, CONVERSION)
  return converted
}

/** Every schema of the description by its name. */
export function buildSchemas(siteUrl: string): Record<string, Schema> {
  const { Manuscript, Author, Image, Problem, Withdrawal, Link, LinkLine, LinkRemoval, ...others } =
    toJsonSchemaDefs(SCHEMAS, CONVERSION)
  const manuscript = addDescriptions(Manuscript, column(MANUSCRIPT, 'meaning'))
  // What the address names or a line must name: in the schema it is always there.
  const required = Manuscript?.required?.filter((key) => key !== 'id')
  return {
    Manuscript: { ...manuscript, required },
    ManuscriptLine: {
      description: 'A manuscript on a line of its own, which must name its id itself.',
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
 * A problem of one kind: its type, title and status are always the same, and only some kinds have
 * more.
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

/**
 * Parses the bytes of a manuscript into keys and values: JSON, or Markdown with front matter.
 * Validation follows in `prepare.ts`.
 */
import { LIMITS } from '../model/rules.ts'
import { isRecord, parseJson } from '../text/json.ts'
import { decodeUtf8 } from '../text/utf8.ts'
import { type ParseResult, parseMarkdown } from './front-matter.ts'

export const MANUSCRIPT_TYPES = ['application/json', 'text/markdown'] as const
export type ManuscriptType = (typeof MANUSCRIPT_TYPES)[number]

/** JSON escapes can make a manuscript six times as long as its text. */
export const MAX_MANUSCRIPT_BYTES = 6 * (LIMITS.sourceBytes + 64 * 1024)
/** Reads the keys and values of a manuscript, or returns why it cannot be read. */
export function parseManuscriptBytes(bytes: Uint8Array, type: ManuscriptType): ParseResult {
  const text = decodeUtf8(bytes)
  if (text === undefined) return { ok: false, why: 'the body is not UTF-8' }
  return type === 'application/json' ? parseJsonObject(text) : parseMarkdown(text)
}

/** Parses a JSON object. `inputName` names it in the reason of a failure. */
export function parseJsonObject(text: string, inputName = 'body'): ParseResult {
  const parsed = parseJson(text, inputName)
  if (!parsed.ok) return parsed
  if (!isRecord(parsed.value)) return { ok: false, why: `the ${inputName} is not a JSON object` }
  return { ok: true, value: parsed.value, locate: (fault) => fault }
}

/** Returns the id in a file name: `itcn-asia` for `2026-01-15-itcn-asia.md`. */
export const getIdFromFileName = (name: string): string =>
  name
    .replace(/^.*[\\/]/, '')
    .replace(/\.(?:md|markdown|json)$/i, '')
    .replace(/^\d{4}-\d{2}-\d{2}-(?=.)/, '')
    .toLowerCase()

/**
 * Validates a manuscript and reports all its faults at once: what is wrong, where, and the most
 * similar key for an unknown one.
 */
import * as v from 'valibot'
import { findNearest } from '../text/characters.ts'
import { DESK_KEYS, type Manuscript, ManuscriptSchema } from './article.ts'
import type { Fault } from './failures.ts'
import { ImageSchema } from './story.ts'

const MANUSCRIPT_KEYS = Object.keys(ManuscriptSchema.pipe[0].entries)
/** The keys that may be suggested for a misspelt key. */
const WRITER_KEYS = MANUSCRIPT_KEYS.filter((key) => !DESK_KEYS.some((each) => each === key))
/** A manuscript with more keys gets a single fault instead of one for each unknown key. */
const MAX_KEYS = 100
const NESTED_KEYS: Readonly<Record<string, string[]>> = {
  image: Object.keys(ImageSchema.entries),
  authors: ['name', 'url', 'email'],
}

/**
 * Validates a manuscript. Returns it, or all its faults, each with the JSON Pointer of the invalid
 * value. An unknown key is a fault that names the most similar known key.
 */
export function parseManuscript(
  input: unknown,
): { ok: true; manuscript: Manuscript } | { ok: false; faults: Fault[] } {
  const keyCount = typeof input === 'object' && input !== null ? Object.keys(input).length : 0
  if (keyCount > MAX_KEYS) {
    const detail = `manuscript has ${keyCount} keys, more than ${MAX_KEYS}`
    return { ok: false, faults: [{ detail, pointer: '' }] }
  }
  const parsed = v.safeParse(ManuscriptSchema, input, { abortPipeEarly: true })
  if (parsed.success) return { ok: true, manuscript: parsed.output }
  const faults = parsed.issues
    .flatMap((issue) => listInnermostIssues(issue))
    .map((issue) => toFault(issue, WRITER_KEYS))
  const reportedPointers = new Set(faults.map(({ pointer }) => pointer))
  const keys = typeof input === 'object' && input !== null ? Object.keys(input) : []
  // The schema library stops at the first unknown key of an object.
  const unknownKeys = keys.filter(
    (key) => !MANUSCRIPT_KEYS.includes(key) && !reportedPointers.has(formatPointer([key])),
  )
  return {
    ok: false,
    faults: [...faults, ...unknownKeys.map((key) => buildUnknownKeyFault([key], WRITER_KEYS))],
  }
}

/**
 * Converts an issue of any schema to a fault. `allowedKeys` are suggested for unknown keys at the
 * top level.
 */
export const toFault = (issue: v.BaseIssue<unknown>, allowedKeys: string[]): Fault => {
  const path = issue.path ?? []
  const keys = path.map((item) => String(item.key))
  const pointer = formatPointer(keys)
  const lastKey = keys.at(-1) ?? 'manuscript'
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return buildUnknownKeyFault(
      keys,
      path.length === 1 ? allowedKeys : (NESTED_KEYS[keys[0] ?? ''] ?? []),
    )
  }
  if (issue.type === 'strict_object' && path.at(-1)?.value === undefined && path.length > 0) {
    return { detail: `${keys.length > 1 ? `${keys[0]} ` : ''}${lastKey} is missing`, pointer }
  }
  return { detail: issue.message, pointer }
}

const formatPointer = (keys: string[]): string =>
  keys.map((key) => `/${key.replace(/~/g, '~0').replace(/\//g, '~1')}`).join('')

function buildUnknownKeyFault(keys: string[], candidates: string[]): Fault {
  const lastKey = keys.at(-1) ?? ''
  const suggestion = findNearest(lastKey, candidates)
  return {
    detail: `"${toPrintable(lastKey)}" is not a key${suggestion ? `; the nearest is "${suggestion}"` : ''}`,
    pointer: formatPointer(keys),
  }
}

/**
 * Replaces the issue of a union by the issues of the branch that was meant: the object branch if
 * the input is an object, otherwise the string branch. The union itself only reports that no branch
 * matches.
 */
function listInnermostIssues(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown>[] {
  if (issue.type !== 'union' || !issue.issues) return [issue]
  const expectedType = typeof issue.input === 'object' ? 'strict_object' : 'string'
  const branches = issue.issues.filter((branch) =>
    expectedType === 'string'
      ? !(branch.type === 'strict_object')
      : branch.type !== 'string' || branch.path,
  )
  const path = issue.path ?? []
  const issues = branches.map((branch) => ({ ...branch, path: [...path, ...(branch.path ?? [])] }))
  return issues.length > 0 ? (issues as v.BaseIssue<unknown>[]) : [issue]
}

const toPrintable = (text: string): string =>
  [...text]
    .slice(0, 60)
    .join('')
    .replace(/[^\P{C}]/gu, '?')

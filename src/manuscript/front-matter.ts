/**
 * Parses Markdown with front matter: keys and values in YAML between two lines of `---`, followed
 * by the text. Faults name their line.
 */
import { isAlias, isMap, LineCounter, parseDocument, visit } from 'yaml'
import type { Fault } from '../model/failures.ts'
import { byteLength } from '../text/characters.ts'
import { isRecord } from '../text/json.ts'

/**
 * The keys and values of a manuscript. `locate` adds the line to a fault if the manuscript is
 * Markdown.
 */
export type ParseResult =
  | { ok: true; value: Record<string, unknown>; locate: (fault: Fault) => Fault }
  | { ok: false; why: string }

const MAX_FRONT_MATTER_BYTES = 64 * 1024
const FENCE = /^---[ \t]*$/

/**
 * Splits front matter from body and counts lines, so that `check` can report a fault as
 * `articles/x.md:7: …`.
 */
export function parseMarkdown(text: string): ParseResult {
  const lines = text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .split('\n')
  if (!FENCE.test(lines[0] ?? '')) {
    return { ok: false, why: 'the manuscript does not begin with front matter between --- lines' }
  }
  const end = lines.findIndex((line, index) => index > 0 && FENCE.test(line))
  if (end === -1) return { ok: false, why: 'the front matter has no closing --- line' }
  const frontMatter = lines.slice(1, end).join('\n')
  const body = lines.slice(end + 1).join('\n')
  if (byteLength(frontMatter) > MAX_FRONT_MATTER_BYTES) {
    return { ok: false, why: `the front matter is larger than ${MAX_FRONT_MATTER_BYTES} bytes` }
  }
  const yaml = parseYaml(frontMatter)
  if (!yaml.ok) return yaml
  const hasBody = body.trim() !== ''
  if (yaml.value['body'] !== undefined && hasBody) {
    return { ok: false, why: 'the front matter has the key "body", and there is text below it' }
  }
  return {
    ok: true,
    value: hasBody ? { ...yaml.value, body } : yaml.value,
    locate: (fault) => ({
      ...fault,
      line: fault.pointer === '/body' ? end + 2 : yaml.findLine(fault.pointer),
    }),
  }
}

type YamlParseResult =
  | { ok: true; value: Record<string, unknown>; findLine: (pointer: string) => number }
  | { ok: false; why: string }

/**
 * Parses the core schema of YAML 1.2: no custom tags and no timestamps. Aliases are refused,
 * because a few of them can expand to a huge value.
 */
function parseYaml(frontMatter: string): YamlParseResult {
  if (measureNesting(frontMatter) > MAX_YAML_DEPTH) {
    return { ok: false, why: `the front matter is nested deeper than ${MAX_YAML_DEPTH}` }
  }
  const marks = frontMatter.match(/[\n:,[\]{}"'#&!?]/g)?.length ?? 0
  if (marks > MAX_YAML_MARKS) {
    return {
      ok: false,
      why: `the front matter has ${marks} lines and punctuation marks, more than ${MAX_YAML_MARKS}`,
    }
  }
  const counter = new LineCounter()
  const document = parseDocument(frontMatter, {
    schema: 'core',
    uniqueKeys: true,
    lineCounter: counter,
    prettyErrors: false,
    logLevel: 'silent',
  })
  // A warning reports a tag that the schema does not know, so the value would be misread.
  const error = document.errors[0] ?? document.warnings[0]
  if (error) {
    const line = counter.linePos(error.pos[0]).line + 1
    return { ok: false, why: `line ${line} of the front matter: ${formatYamlError(error.message)}` }
  }
  let hasAlias = false
  visit(document, (_, node) => {
    hasAlias ||= isAlias(node)
  })
  if (hasAlias) return { ok: false, why: 'the front matter has an alias (*name)' }
  const value: unknown = document.toJS({ maxAliasCount: 0 })
  if (!isRecord(value))
    return { ok: false, why: 'the front matter is not a list of keys and values' }
  return {
    ok: true,
    value,
    findLine: (pointer) => {
      const path = pointer
        .split('/')
        .slice(1)
        .map((key) => (/^\d+$/.test(key) ? Number(key) : key))
      for (let length = path.length; length > 0; length -= 1) {
        const key = path[length - 1]
        const parent = document.getIn(path.slice(0, length - 1), true) ?? document.contents
        const container = length === 1 ? document.contents : parent
        const pair = isMap(container)
          ? container.items.find((item) => String(item.key) === String(key))
          : undefined
        const node = (pair?.key ?? document.getIn(path.slice(0, length), true)) as
          | { range?: [number, number, number] | null }
          | undefined
        if (node?.range) return counter.linePos(node.range[0]).line + 1
      }
      return 1
    },
  }
}

const MAX_YAML_DEPTH = 16
/** More marks are refused, because the YAML parser compares each key of a map with all others. */
const MAX_YAML_MARKS = 5_000

/**
 * Estimates the depth before the recursive parser runs: the largest number of open flow brackets,
 * or of markers such as `-` at the beginning of a line.
 */
function measureNesting(yaml: string): number {
  let deepest = 0
  let openBrackets = 0
  for (const character of yaml) {
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++openBrackets)
    else if (character === ']' || character === '}') openBrackets = Math.max(0, openBrackets - 1)
  }
  for (const line of yaml.split('\n')) {
    const marks = /^(?:\s*[-?:]\s)+/.exec(line)?.[0].match(/[-?:]/g)?.length ?? 0
    deepest = Math.max(deepest, marks)
  }
  return deepest
}

const formatYamlError = (message: string): string =>
  message
    .split('\n')[0]
    ?.replace(/[.:]$/, '')
    .replace(/[^\P{C}]/gu, '?')
    .slice(0, 200) ?? 'not YAML'

/** What somebody typed or pasted behind the host, read as a short code. */
import { CODE_GRAMMAR } from './code.ts'

export type LinkForm = 'link' | 'preview' | 'preview-json' | 'picture'
export type Asked = { codes: readonly string[]; form: LinkForm }

/** Stands in until the forgiving reader is here. */
export function readPasted(path: string, _: ReadonlySet<string>): Asked | undefined {
  const [, code = '', suffix = ''] = /^\/([\w-]+)(\+|\+\.json|\.svg)?\/?$/.exec(path) ?? []
  if (!CODE_GRAMMAR.test(code)) return undefined
  const forms: Record<string, LinkForm> = {
    '': 'link',
    '+': 'preview',
    '+.json': 'preview-json',
    '.svg': 'picture',
  }
  return { codes: [code], form: forms[suffix] ?? 'link' }
}

/**
 * `dateline links put`, `remove`, `list` and `misses` change and list the codes of pages and
 * articles, and list unknown codes that readers tried. Each function returns the exit code.
 */
import type { ApiResponse, DeskClient, Link } from '../client/client.ts'
import { type CommandContext, connect, printPages } from './commands.ts'

export type PutLinkOptions = { title?: string; expires?: string; republish?: true }

/** Creates or changes a link. `target` is an address, or the id of an article. */
export async function putLink(
  context: CommandContext,
  code: string,
  target: string,
  options: PutLinkOptions,
): Promise<number> {
  // An id contains neither `:` nor `/`. The desk reports what is wrong with an invalid address.
  const destination = /[:/]/.test(target) ? { url: target } : { article: target }
  return await changeLink(context, (client) => client.putLink(code, { ...destination, ...options }))
}

export const removeLink = (
  context: CommandContext,
  code: string,
  reasons: { legal?: string },
): Promise<number> => changeLink(context, (client) => client.removeLink(code, reasons))

async function changeLink(
  context: CommandContext,
  send: (client: DeskClient) => Promise<ApiResponse<Link>>,
): Promise<number> {
  const desk = connect(context)
  if (!desk) return 1
  const response = await send(desk.client)
  if (!response.ok) {
    const { errors, detail } = response.problem
    for (const message of errors.length > 0 ? errors.map((fault) => fault.detail) : [detail])
      context.output.error(message)
    return 1
  }
  const { code: savedCode, short_url, status, url, expires, alike } = response.value
  const lines = [
    status === 'live'
      ? `${short_url} redirects to ${url}${expires === undefined ? '' : ` until ${expires}`}`
      : `${short_url} is ${status}; it ${status === 'embargoed' ? 'will redirect' : 'redirected'} to ${url}`,
    ...(alike
      ? [`Upper and lower case now matter for ${[savedCode, ...alike].join(' and ')}`]
      : []),
  ]
  context.output.item(response.value, lines, false)
  return 0
}

export const listLinks = (context: CommandContext): Promise<number> =>
  printPages(
    context,
    (client, pagePath) => client.listLinks(pagePath),
    ({ links }) => {
      for (const link of links) context.output.item(link, [formatLink(link)], false)
    },
  )

const formatLink = ({ code, status, url, title }: Link): string =>
  `${code.padEnd(12)}  ${status.padEnd(9)}  ${url}${title === undefined ? '' : `  ${title}`}`

export async function listUnknownCodes(context: CommandContext, limit: number): Promise<number> {
  const desk = connect(context)
  if (!desk) return 1
  const response = await desk.client.listUnknownCodes(limit)
  if (!response.ok) {
    context.output.error(response.problem.detail)
    return 1
  }
  const { misses: unknownCodes } = response.value
  if (unknownCodes.length === 0) context.output.line('No reader has tried an unknown code')
  for (const unknownCode of unknownCodes)
    context.output.item(
      unknownCode,
      [`${String(unknownCode.asked).padStart(6)}  ${unknownCode.last}  ${unknownCode.code}`],
      false,
    )
  return 0
}

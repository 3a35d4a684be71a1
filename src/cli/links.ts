/** `dateline links`: codes for pages and articles, one by one; what was asked for in vain. */
import type { Answer, DeskClient, Link } from '../client/client.ts'
import { connect, tellPages, type World } from './commands.ts'

export type PutOptions = { title?: string; expires?: string; republish?: true }

/** `target`: an address, or the id of an article. */
export async function putLink(
  world: World,
  code: string,
  target: string,
  options: PutOptions,
): Promise<number> {
  // An id has neither; what has one and is no address is told so by the desk.
  const to = /[:/]/.test(target) ? { url: target } : { article: target }
  return await change(world, (client) => client.putLink(code, { ...to, ...options }))
}

export const removeLink = (world: World, code: string, why: { legal?: string }): Promise<number> =>
  change(world, (client) => client.removeLink(code, why))

async function change(
  world: World,
  ask: (client: DeskClient) => Promise<Answer<Link>>,
): Promise<number> {
  const desk = connect(world)
  if (!desk) return 1
  const answer = await ask(desk.client)
  if (!answer.ok) {
    const { errors, detail } = answer.problem
    for (const line of errors.length > 0 ? errors.map((fault) => fault.detail) : [detail])
      world.output.error(line)
    return 1
  }
  const { short_url, status, url, expires, alike } = answer.value
  const lines = [
    status === 'live'
      ? `${short_url} leads to ${url}${expires === undefined ? '' : ` until ${expires}`}`
      : `${short_url} is ${status}; it ${status === 'embargoed' ? 'will lead' : 'led'} to ${url}`,
    ...(alike
      ? [`From now on it is answered only as it is written, and so is ${alike.join(', ')}`]
      : []),
  ]
  world.output.item(answer.value, lines, false)
  return 0
}

export const listLinks = (world: World): Promise<number> =>
  tellPages(
    world,
    (client, page) => client.listLinks(page),
    ({ links }) => {
      for (const link of links) world.output.item(link, [lineFor(link)], false)
    },
  )

const lineFor = ({ code, status, url, title }: Link): string =>
  `${code.padEnd(12)}  ${status.padEnd(9)}  ${url}${title === undefined ? '' : `  ${title}`}`

export async function listMisses(world: World, limit: number): Promise<number> {
  const desk = connect(world)
  if (!desk) return 1
  const answer = await desk.client.misses(limit)
  if (!answer.ok) {
    world.output.error(answer.problem.detail)
    return 1
  }
  const { misses } = answer.value
  if (misses.length === 0) world.output.line('Nobody has asked for a code that is none')
  for (const miss of misses)
    world.output.item(
      miss,
      [`${String(miss.asked).padStart(6)}  ${miss.last}  ${miss.code}`],
      false,
    )
  return 0
}

/**
 * The public socket of the embedded runtime, as a plugin of Miniflare. Miniflare's own sockets
 * believe headers that any client can send (`MF-Original-URL` is another address, `MF-CF-Blob` is
 * `request.cf`) and so do its direct sockets (the latter); this one believes none: `request.cf`
 * holds the address of the peer and nothing else (docs/decisions/023-embedded-socket.md).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'

const FRONT = 'front.mjs'
const SERVICE = 'dateline:front'
const BINDING = 'PUBLIC_SOCKET'
const NAME = 'public'

const OptionsSchema = v.object({
  config: v.object({
    env: v.object({
      [BINDING]: v.object({
        dev: v.object({ options: v.object({ address: v.string(), service: v.string() }) }),
      }),
    }),
  }),
})

/**
 * The binding that adds the socket to a worker called `worker`. `address` is host and port.
 * `assets`: files are served before the worker runs.
 */
export const publicSocket = (address: string, worker: string, assets: boolean) => ({
  name: BINDING,
  type: 'socket',
  plugin: { package: import.meta.filename, name: NAME },
  options: { address, service: assets ? `assets:rpc-proxy:${worker}` : `core:user:${worker}` },
})

/** What Miniflare looks for in this file. */
export const plugins = {
  [NAME]: {
    getBindings: () => [],
    getNodeBindings: () => ({}),
    getServices: ({ options }: { options: unknown }) => {
      const { address, service } = v.parse(OptionsSchema, options).config.env[BINDING].dev.options
      const esModule = readFileSync(join(import.meta.dirname, FRONT), 'utf8')
      const worker = {
        compatibilityDate: '2026-10-01',
        modules: [{ name: FRONT, esModule }],
        bindings: [{ name: 'NEXT', service: { name: service } }],
      }
      return {
        services: [{ name: SERVICE, worker }],
        extensions: [],
        // No `cfBlobHeader` and no `capnpConnectHost`: both let a client say what `request.cf` is.
        sockets: [{ name: NAME, address, service: { name: SERVICE }, http: {} }],
      }
    },
  },
}

/**
 * The public socket of the embedded runtime, as a Miniflare plugin. Miniflare's own sockets trust
 * headers that any client can send: `MF-Original-URL` changes the address, and `MF-CF-Blob` sets
 * `request.cf`. (Its direct sockets trust only the second one.) This socket trusts neither, so
 * `request.cf` has only the address of the client (docs/decisions/023-embedded-socket.md).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'

const FRONT_FILE = 'front.mjs'
const SERVICE_NAME = 'dateline:front'
const BINDING_NAME = 'PUBLIC_SOCKET'
const SOCKET_NAME = 'public'

const OptionsSchema = v.object({
  config: v.object({
    env: v.object({
      [BINDING_NAME]: v.object({
        dev: v.object({ options: v.object({ address: v.string(), service: v.string() }) }),
      }),
    }),
  }),
})

/**
 * Builds the binding that adds the socket to a worker. `address` is host and port. `hasAssets`
 * means that files are served before the worker runs.
 */
export const buildSocketBinding = (address: string, workerName: string, hasAssets: boolean) => ({
  name: BINDING_NAME,
  type: 'socket',
  plugin: { package: import.meta.filename, name: SOCKET_NAME },
  options: {
    address,
    service: hasAssets ? `assets:rpc-proxy:${workerName}` : `core:user:${workerName}`,
  },
})

/** Miniflare imports this name. */
export const plugins = {
  [SOCKET_NAME]: {
    getBindings: () => [],
    getNodeBindings: () => ({}),
    getServices: ({ options }: { options: unknown }) => {
      const { address, service } = v.parse(OptionsSchema, options).config.env[BINDING_NAME].dev
        .options
      const esModule = readFileSync(join(import.meta.dirname, FRONT_FILE), 'utf8')
      const worker = {
        compatibilityDate: '2026-10-01',
        modules: [{ name: FRONT_FILE, esModule }],
        bindings: [{ name: 'NEXT', service: { name: service } }],
      }
      return {
        services: [{ name: SERVICE_NAME, worker }],
        extensions: [],
        // Without `cfBlobHeader` and `capnpConnectHost`, which let a client set `request.cf`.
        sockets: [{ name: SOCKET_NAME, address, service: { name: SERVICE_NAME }, http: {} }],
      }
    },
  },
}

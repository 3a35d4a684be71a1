/**
 * Preloaded into every Node process of a run (`NODE_OPTIONS=--import …`): only this machine can
 * be reached. A request to another host fails, and the host is recorded in the file that REQUESTED_HOSTS
 * names.
 */
import { appendFileSync } from 'node:fs'
import { Socket } from 'node:net'

const { connect } = Socket.prototype

Socket.prototype.connect = function (...given) {
  const [first] = Array.isArray(given[0]) ? given[0] : given
  const { host = 'localhost', path } = typeof first === 'object' && first !== null ? first : {}
  if (path || /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)) return connect.apply(this, given)
  appendFileSync(process.env.REQUESTED_HOSTS, `${host}\n`)
  process.nextTick(() => this.destroy(new Error(`there is no network to reach ${host} by`)))
  return this
}

/**
 * Is preloaded into every Node process of a run (`NODE_OPTIONS=--import …`), which can then reach
 * only this machine. A connection to another host fails, and the host is appended to the file
 * REQUESTED_HOSTS.
 */
import { appendFileSync } from 'node:fs'
import { Socket } from 'node:net'

const { connect } = Socket.prototype

Socket.prototype.connect = function (...args) {
  const [first] = Array.isArray(args[0]) ? args[0] : args
  const { host = 'localhost', path } = typeof first === 'object' && first !== null ? first : {}
  if (path || /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)) return connect.apply(this, args)
  appendFileSync(process.env.REQUESTED_HOSTS, `${host}\n`)
  process.nextTick(() => this.destroy(new Error(`${host} cannot be reached in this test`)))
  return this
}

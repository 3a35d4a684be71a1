/**
 * Whom the limits count. An address is taken from the header that `TRUSTED_PROXY` names, or from
 * the socket; it is never written anywhere: what limiters get embedded, where they keep their
 * counters on disk, is a digest of it with a salt that lives as long as the runtime.
 */
import { digest } from '../text/digest.ts'
import { isRecord } from '../text/json.ts'

/**
 * The client of a request as limiters know it; `proxy`: the header that is believed, `undefined`:
 * none is.
 */
export function buildClientKey(
  request: Request,
  proxyHeader: string | undefined,
  env: object,
): string {
  const network = getNetwork(findClientAddress(request, proxyHeader) ?? 'unknown')
  const salt = 'LIMITER_SALT' in env && typeof env.LIMITER_SALT === 'string' ? env.LIMITER_SALT : ''
  return salt === '' ? network : digest(`${salt} ${network}`)
}

/**
 * What the proxy appended, which is the last member of a list: the others are what its client said.
 * A request without the header came past the proxy.
 */
export function findClientAddress(
  request: Request,
  proxyHeader: string | undefined,
): string | undefined {
  const forwarded = proxyHeader === undefined ? null : request.headers.get(proxyHeader)
  const last = forwarded?.split(',').at(-1)?.trim()
  return stripPort(last || (findPeerAddress(request) ?? '')) || undefined
}

/** The other end of the socket, which the embedded runtime alone tells. */
function findPeerAddress(request: Request): string | undefined {
  const cf: unknown = 'cf' in request ? request.cf : undefined
  const peer = isRecord(cf) ? cf['clientIp'] : undefined
  return typeof peer === 'string' ? peer : undefined
}

/**
 * `192.0.2.7:4711`, `[2001:db8::1]:4711` and `[2001:db8::1]` without brackets and port: each
 * connection has another port.
 */
function stripPort(address: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d*)?|([^:]*):\d*)$/.exec(address) ?? []
  return bracketed ?? plain ?? address
}

/**
 * An address, or of IPv6 the network of 64 bits, which one subscriber has to himself (RFC 6177).
 * IPv4 in IPv6 is a whole address, as proxies that listen on both say it. Anything else counts as
 * it stands.
 */
export function getNetwork(address: string): string {
  if (!address.includes(':') || !URL.canParse(`http://[${address}]/`)) return address
  const normalized = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  if (normalized.startsWith('::ffff:')) return normalized
  const [head = '', tail] = normalized.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array(8 - before.length - after.length).fill('0')
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`
}

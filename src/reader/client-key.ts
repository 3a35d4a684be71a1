/**
 * Identifies clients for the rate limits.
 *
 * The address of a client comes from the header that `TRUSTED_PROXY` names, or from the socket. It
 * is never written anywhere. The limiters of the embedded runtime store their counters on disk, so
 * their keys are salted digests of addresses. Each start of the runtime has a new salt.
 */
import { digest } from '../text/digest.ts'
import { isRecord } from '../text/json.ts'

/**
 * Returns the key by which limiters count the client of a request. `proxyHeader` is the trusted
 * header. If it is `undefined`, no header is trusted.
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
 * Returns the client's address without its port. It is the last member of the header's list, which
 * the proxy appended; the client can forge the others. If the header is absent, the request
 * bypassed the proxy, and the address of the socket is used.
 */
export function findClientAddress(
  request: Request,
  proxyHeader: string | undefined,
): string | undefined {
  const forwarded = proxyHeader === undefined ? null : request.headers.get(proxyHeader)
  const last = forwarded?.split(',').at(-1)?.trim()
  return stripPort(last || (findPeerAddress(request) ?? '')) || undefined
}

/** Returns the address of the socket, which only the embedded runtime reports. */
function findPeerAddress(request: Request): string | undefined {
  const cf: unknown = 'cf' in request ? request.cf : undefined
  const peer = isRecord(cf) ? cf['clientIp'] : undefined
  return typeof peer === 'string' ? peer : undefined
}

/**
 * Removes brackets and port (`192.0.2.7:4711`, `[2001:db8::1]:4711`, `[2001:db8::1]`), because each
 * connection of a client has another port.
 */
function stripPort(address: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d*)?|([^:]*):\d*)$/.exec(address) ?? []
  return bracketed ?? plain ?? address
}

/**
 * Returns an IPv4 address unchanged, and for an IPv6 address its /64 network, which belongs to one
 * subscriber (RFC 6177). A mapped address (`::ffff:…`), the form in which dual-stack proxies write
 * IPv4, is returned in full. Any other text is returned unchanged.
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

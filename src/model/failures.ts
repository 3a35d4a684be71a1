/**
 * Every way to fail on purpose. A failure is a value that carries what its sentence needs; the rest throws.
 * To add one: an arm here, its sentence in `sentence()`, its status in `http/problem.ts`; the compiler shows
 * what was forgotten. Sentences follow one grammar: what could not be done, to which, colon, why.
 */

/** One thing wrong with a manuscript: where (RFC 6901 JSON Pointer) and what; `line` counts from 1 in a file. */
export type Fault = { detail: string; pointer: string; line?: number }

/** One form in which a thing is offered, and the address where it always has that form. */
export type Alternative = { type: string; url: string }

/** A short link of a public article, near to a code that is none. `language` is that of the title. */
export type NearCode = { code: string; url: string; title: string; language: string }

/** Whose a code is that is wanted for something else: an article's, or that of a link to an address. */
export type LinkHolder = { article: string } | { url: string }

export type Failure =
  | { reason: 'unparsable'; action: string; subject: string; why: string }
  | { reason: 'unauthorized'; tokenGiven: boolean }
  | { reason: 'not-found'; what: string }
  | { reason: 'unknown-code'; near: NearCode[] }
  | { reason: 'unknown-article'; action: string; id: string }
  | { reason: 'withdrawn'; id: string }
  | { reason: 'code-taken'; id: string; code: string }
  | { reason: 'unknown-link'; action: string; code: string }
  | { reason: 'link-taken'; action: string; code: string; holder: LinkHolder }
  | { reason: 'link-removed'; action: string; code: string }
  | { reason: 'canonical-taken'; id: string; canonical: string }
  | { reason: 'moved-into-future'; id: string; published: string }
  | { reason: 'precondition-failed'; action: string; id: string; why: string }
  | { reason: 'too-large'; action: string; subject: string; limit: number }
  | { reason: 'too-many-lines'; action: string; subject: string; limit: number }
  | {
      reason: 'unsupported-type'
      action: string
      subject: string
      given: string
      accepted: string[]
    }
  | { reason: 'unsupported-coding'; action: string; subject: string; given: string }
  | { reason: 'method-not-allowed'; method: string; allowed: string[] }
  | { reason: 'not-acceptable'; subject: string; alternatives: Alternative[] }
  | { reason: 'coding-refused' }
  | { reason: 'invalid'; action: string; subject: string; faults: Fault[] }
  | { reason: 'bad-query'; action: string; why: string }
  | { reason: 'import-under-way'; action: string }
  | { reason: 'import-refused'; action: string; why: string }
  | { reason: 'not-empty'; subject: string }
  /** `when` it was taken back, in seconds; not told where it is not known. */
  | { reason: 'gone'; what: string; when?: number }
  | { reason: 'expired'; what: string }
  | { reason: 'legal'; what: string; why: string; when?: number }
  | { reason: 'too-many-misses'; retryAfterSeconds: number }
  | { reason: 'settings-refused'; why: string }
  | { reason: 'ledger-damaged'; action: string; why: string }
  | { reason: 'ledger-missing'; action: string }
  | { reason: 'disk-full'; action: string }
  | { reason: 'disk-read-only'; action: string }
  | { reason: 'unavailable'; retryAfterSeconds: number }
  | { reason: 'internal' }

export type Reason = Failure['reason']

/** What a step that can fail on purpose returns. */
export type Result<T> = { ok: true; value: T } | { ok: false; failure: Failure }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })
export const fail = (failure: Failure): { ok: false; failure: Failure } => ({ ok: false, failure })

/** The sentence of a failure, for a person: `Cannot publish "slug": title is empty`. */
export function sentence(failure: Failure): string {
  switch (failure.reason) {
    case 'unparsable':
      return `Cannot ${failure.action} "${failure.subject}": ${failure.why}`
    case 'unauthorized':
      return failure.tokenGiven
        ? 'Cannot use the publish API: the bearer token is not the one of this desk'
        : 'Cannot use the publish API: the Authorization header carries no bearer token'
    case 'not-found':
      return `Cannot find ${failure.what}: there is nothing at this address`
    case 'unknown-code':
      return 'Cannot find this short link: no story has this code'
    case 'unknown-article':
      return `Cannot ${failure.action} "${failure.id}": no article has this id`
    case 'withdrawn':
      return `Cannot publish "${failure.id}": the article was withdrawn; say republish: true to bring it back`
    case 'code-taken':
      return `Cannot publish "${failure.id}": code "${failure.code}" belongs to another article or link`
    case 'unknown-link':
      return `Cannot ${failure.action} "${failure.code}": no link has this code`
    case 'link-taken':
      return 'article' in failure.holder
        ? `Cannot ${failure.action} "${failure.code}": it is a code of the article "${failure.holder.article}", and stays with it`
        : `Cannot ${failure.action} "${failure.code}": it leads to ${failure.holder.url}`
    case 'link-removed':
      return `Cannot ${failure.action} "${failure.code}": the link was removed; only republish: true and the address that it led to bring it back`
    case 'canonical-taken':
      return `Cannot publish "${failure.id}": canonical "${failure.canonical}" belongs to another article`
    case 'moved-into-future':
      return `Cannot publish "${failure.id}": it is public already and cannot move into the future, to ${failure.published}`
    case 'precondition-failed':
      return `Cannot ${failure.action} "${failure.id}": ${failure.why}`
    case 'too-large':
      return `Cannot ${failure.action} "${failure.subject}": the body is larger than ${failure.limit} bytes`
    case 'too-many-lines':
      return `Cannot ${failure.action} "${failure.subject}": the body has more than ${failure.limit} lines`
    case 'unsupported-type':
      return `Cannot ${failure.action} "${failure.subject}": Content-Type "${failure.given}" is none of ${failure.accepted.join(', ')}`
    case 'unsupported-coding':
      return `Cannot ${failure.action} "${failure.subject}": Content-Encoding "${failure.given}" is not identity`
    case 'method-not-allowed':
      return `Cannot ${failure.method} this address: it allows ${failure.allowed.join(', ')}`
    case 'not-acceptable':
      return `Cannot show ${failure.subject}: Accept names none of ${failure.alternatives.map(({ type }) => type).join(', ')}`
    case 'coding-refused':
      return 'Cannot show this: Accept-Encoding refuses identity, gzip and br'
    case 'invalid':
      return `Cannot ${failure.action} "${failure.subject}": ${failure.faults[0]?.detail ?? 'it is not valid'}${
        failure.faults.length > 1 ? ` (and ${failure.faults.length - 1} more)` : ''
      }`
    case 'bad-query':
      return `Cannot ${failure.action}: ${failure.why}`
    case 'import-under-way':
      return `Cannot ${failure.action}: an import is under way, and the desk is closed until it has ended`
    case 'import-refused':
      return `Cannot ${failure.action}: ${failure.why}`
    case 'not-empty':
      return `Cannot import "${failure.subject}": this desk has articles already, and an import wants an empty one`
    case 'gone':
      return `Cannot show ${failure.what}: it was withdrawn`
    case 'expired':
      return `Cannot show ${failure.what}: it was made to lead somewhere for a time, which is over`
    case 'legal':
      return `Cannot show ${failure.what}: ${failure.why}`
    case 'too-many-misses':
      return `Cannot look this up: you asked for too many unknown or new addresses; wait ${failure.retryAfterSeconds} seconds`
    case 'settings-refused':
      return `Cannot open the desk: ${failure.why}`
    case 'ledger-damaged':
      return `Cannot ${failure.action}: the ledger of this desk is damaged (${failure.why}) and must be restored from a backup`
    case 'ledger-missing':
      return `Cannot ${failure.action}: the ledger of this desk is empty, and KV has what it published; import a backup, or give a new desk an empty KV`
    case 'disk-full':
      return `Cannot ${failure.action}: the disk of this desk is full`
    case 'disk-read-only':
      return `Cannot ${failure.action}: the disk of this desk is read-only`
    case 'unavailable':
      return `Cannot answer now: the store did not; try again in ${failure.retryAfterSeconds} seconds`
    case 'internal':
      return 'Cannot answer: something unexpected went wrong'
    default:
      return failure satisfies never
  }
}

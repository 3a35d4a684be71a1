/**
 * What an error of the ledger's storage means: that the ledger is damaged, that its disk is full,
 * or that it cannot be written. SQLite says which only in words.
 */
import type { Failure } from './failures.ts'

/** What may be wrong with a disk. */
export const DISK_REASONS = ['disk-full', 'disk-read-only'] as const
/** What an error of storage can tell of. */
export const STORAGE_ERROR_REASONS = ['ledger-damaged', ...DISK_REASONS] as const
/** What closes a desk for want of good storage. */
export const STORAGE_REASONS = ['ledger-damaged', 'ledger-missing', ...DISK_REASONS] as const

export type DiskReason = (typeof DISK_REASONS)[number]
export type StorageFailure = Extract<Failure, { reason: (typeof STORAGE_ERROR_REASONS)[number] }>
type ClosingFailure = Extract<Failure, { reason: (typeof STORAGE_REASONS)[number] }>

/**
 * A ledger of so many bytes is checked whole, which takes a third of a second; a larger one when
 * there is a reason.
 */
export const MAX_FULL_CHECK_BYTES = 256 * 1024 * 1024

/** The words of SQLite, of the system and of the runtime. */
const ERROR_PATTERNS: readonly (readonly [reason: StorageFailure['reason'], pattern: RegExp])[] = [
  ['ledger-damaged', /SQLITE_(?:CORRUPT|NOTADB)/],
  ['disk-full', /SQLITE_FULL|ENOSPC|EDQUOT|no space left|disk is full|disk quota exceeded/i],
  ['disk-read-only', /SQLITE_READONLY|EROFS|read-only file system/i],
]

/** What the words of an error, or a line of a log, tell of storage. */
export const findStorageReason = (text: string): StorageFailure['reason'] | undefined =>
  ERROR_PATTERNS.find(([, pattern]) => pattern.test(text))?.[0]

export const isDiskReason = (reason: string | undefined): reason is DiskReason =>
  DISK_REASONS.some((each) => each === reason)

export const isStorageFailure = (failure: Failure): failure is ClosingFailure =>
  STORAGE_REASONS.some((each) => each === failure.reason)

/**
 * The failure that an error stands for; `undefined` for one that has nothing to do with storage.
 */
export function findStorageFailure(action: string, cause: unknown): StorageFailure | undefined {
  const text = String(cause instanceof Error ? cause.message : cause)
  const reason = findStorageReason(text)
  if (reason === 'ledger-damaged') return { reason, action, why: text.replace(/: SQLITE_\w+$/, '') }
  return reason && { reason, action }
}

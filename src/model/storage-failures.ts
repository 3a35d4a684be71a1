/**
 * Classifies errors of the ledger's storage: the ledger is damaged, the disk is full, or the disk
 * is read-only. SQLite distinguishes these only in its messages.
 */
import type { Failure } from './failures.ts'

/** Failures of a disk. */
export const DISK_REASONS = ['disk-full', 'disk-read-only'] as const
/** Failures that can be recognized from an error of the storage. */
export const STORAGE_ERROR_REASONS = ['ledger-damaged', ...DISK_REASONS] as const
/**
 * Storage failures that close the desk. A missing ledger causes no error, because it is merely
 * empty.
 */
export const STORAGE_REASONS = ['ledger-damaged', 'ledger-missing', ...DISK_REASONS] as const

export type DiskReason = (typeof DISK_REASONS)[number]
export type StorageFailure = Extract<Failure, { reason: (typeof STORAGE_ERROR_REASONS)[number] }>
type ClosingFailure = Extract<Failure, { reason: (typeof STORAGE_REASONS)[number] }>

/**
 * A ledger of at most this size is checked completely when the desk opens, which takes a third of a
 * second. A larger one is checked only after damage was detected.
 */
export const MAX_FULL_CHECK_BYTES = 256 * 1024 * 1024

/** Messages of SQLite, of the system and of the runtime. */
const ERROR_PATTERNS: readonly (readonly [reason: StorageFailure['reason'], pattern: RegExp])[] = [
  ['ledger-damaged', /SQLITE_(?:CORRUPT|NOTADB)/],
  ['disk-full', /SQLITE_FULL|ENOSPC|EDQUOT|no space left|disk is full|disk quota exceeded/i],
  ['disk-read-only', /SQLITE_READONLY|EROFS|read-only file system/i],
]

/** Returns the storage failure that an error message or a line of a log reports. */
export const findStorageReason = (text: string): StorageFailure['reason'] | undefined =>
  ERROR_PATTERNS.find(([, pattern]) => pattern.test(text))?.[0]

export const isDiskReason = (reason: string | undefined): reason is DiskReason =>
  DISK_REASONS.some((each) => each === reason)

export const isStorageFailure = (failure: Failure): failure is ClosingFailure =>
  STORAGE_REASONS.some((each) => each === failure.reason)

/** Returns the failure for an error, or `undefined` if it has nothing to do with storage. */
export function findStorageFailure(action: string, cause: unknown): StorageFailure | undefined {
  const text = String(cause instanceof Error ? cause.message : cause)
  const reason = findStorageReason(text)
  if (reason === 'ledger-damaged') return { reason, action, why: text.replace(/: SQLITE_\w+$/, '') }
  return reason && { reason, action }
}

/**
 * Schemas of stored values, in the ledger and in exports. They are less strict than the schemas of
 * input and change no value, because a value that an earlier rule accepted must be restored from a
 * backup byte for byte.
 */
import * as v from 'valibot'
import { isValidTime } from '../text/time.ts'
import { CODE_GRAMMAR } from './code.ts'
import { ID_GRAMMAR } from './urls.ts'

export const nonNegativeInteger = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
/** A number that counts from 1. */
export const positiveInteger = v.pipe(nonNegativeInteger, v.minValue(1))
/** A time in seconds. */
export const storedTime = v.pipe(v.number(), v.check(isValidTime))
export const storedId = v.pipe(v.string(), v.regex(ID_GRAMMAR))
export const storedCode = v.pipe(v.string(), v.regex(CODE_GRAMMAR))
export const storedAddress = v.pipe(
  v.string(),
  v.check((url) => /^https?:\/\//.test(url) && URL.canParse(url)),
)
export const storedToken = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,100}$/))

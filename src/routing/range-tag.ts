import type { KeyRange } from '../operation/body.ts'
import { bucketOf } from '../operation/bucket.ts'

const openBrace = 0x7b
const closeBrace = 0x7d

/**
 * The bucket in which all keys of a range lie, because every one of them begins with the same `{tag}`; undefined if
 * the range does not say that.
 */
export function bucketOfRange(range: KeyRange): number | undefined {
  if (range.lower === undefined || range.upper === undefined) return undefined
  const prefix = commonPrefix(range.lower.key, range.upper.key, range.upper.inclusive)
  const open = prefix.indexOf(openBrace)
  if (open < 0) return undefined
  const close = prefix.indexOf(closeBrace, open + 1)
  return close > open + 1 ? bucketOf(prefix) : undefined
}

/** The longest bytes that every key between the bounds is known to begin with. */
function commonPrefix(lower: Uint8Array, upper: Uint8Array, inclusive: boolean): Uint8Array {
  let length = 0
  while (length < lower.length && length < upper.length && lower[length] === upper[length]) length++
  // A range made from a prefix ends before that prefix with its last byte counted up.
  const last = upper.length - 1
  if (!inclusive && length === last && last < lower.length && lower[last] === upper[last]! - 1) length++
  return lower.subarray(0, length)
}

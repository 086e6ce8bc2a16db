import type { Bound, KeyRange } from './body.ts'

export interface RangeRequest {
  readonly prefix?: Uint8Array | undefined
  /** Inclusive, whatever the order of the scan. */
  readonly start?: Uint8Array | undefined
  /** Exclusive, whatever the order of the scan. */
  readonly end?: Uint8Array | undefined
}

/** The keys that satisfy all that is given. May be empty (its lower bound not below its upper one). */
export function rangeOf({ prefix, start, end }: RangeRequest): KeyRange {
  let lower = start
  let upper = end
  if (prefix !== undefined && prefix.length > 0) {
    if (lower === undefined || Buffer.compare(prefix, lower) > 0) lower = prefix
    const after = afterPrefix(prefix)
    if (after !== undefined && (upper === undefined || Buffer.compare(after, upper) < 0)) upper = after
  }
  return range(lower && { key: lower, inclusive: true }, upper && { key: upper, inclusive: false })
}

/** What is left of a range behind `last`, the last key seen in it in this order. */
export function rangeAfter(whole: KeyRange, order: 'asc' | 'desc', last: Uint8Array): KeyRange {
  const bound: Bound = { key: last, inclusive: false }
  return order === 'asc' ? range(bound, whole.upper) : range(whole.lower, bound)
}

/** The smallest key greater than every key with this prefix; undefined if there is none (0xff all over). */
function afterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length--
  if (length === 0) return undefined
  const after = Uint8Array.prototype.slice.call(prefix, 0, length)
  after[length - 1] = after[length - 1]! + 1
  return after
}

function range(lower: Bound | undefined, upper: Bound | undefined): KeyRange {
  return { ...(lower === undefined ? {} : { lower }), ...(upper === undefined ? {} : { upper }) }
}

/**
 * Four bytes of a key from `skip` on, as a signed number that sorts as they do; behind its end a key reads as zeros. Two
 * keys with the same first `skip` bytes sort as their heads do, unless these are equal.
 */
export function headOfKey(key: Uint8Array, skip: number): number {
  const { length } = key
  let head = 0
  if (skip + 3 < length) {
    head = (key[skip]! << 24) | (key[skip + 1]! << 16) | (key[skip + 2]! << 8) | key[skip + 3]!
  } else {
    for (let i = skip; i < length; i++) head |= key[i]! << (24 - ((i - skip) << 3))
  }
  return head ^ 0x80000000
}

/** More bytes than any key has: what keys share that differ in zeros at the end only, or not at all. */
const allBytes = 0x3fffffff

/** How many bytes two keys have in common from the start, both read as ending in zeros without end. */
export function sharedBytes(a: Uint8Array, b: Uint8Array): number {
  const longest = Math.max(a.length, b.length)
  let shared = 0
  while (shared < longest && (a[shared] ?? 0) === (b[shared] ?? 0)) shared += 1
  return shared === longest ? allBytes : shared
}

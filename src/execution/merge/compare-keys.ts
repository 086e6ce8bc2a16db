/** Up to here a loop is faster than the call of a native function. */
const shortBytes = 64

/** Order of keys as unsigned bytes: negative, 0 or positive. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  const looped = Math.min(length, shortBytes)
  for (let i = 0; i < looped; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return length > shortBytes ? Buffer.compare(a, b) : a.length - b.length
}

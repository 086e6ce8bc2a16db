const star = 0x2a
const question = 0x3f
const openBracket = 0x5b
const closeBracket = 0x5d
const backslash = 0x5c
const caret = 0x5e
const dash = 0x2d

/** Elements of a compiled pattern that are no single byte; from `firstClass` on they are classes. */
const anyByte = 256
const anyBytes = 257
const firstClass = 258
const bytesOfSet = 32

/**
 * A pattern, made ready to be compared with many keys the way Redis 7.0 matches KEYS and SCAN (`stringmatchlen` in
 * util.c): `*`, `?`, `[abc]`, `[^a-z]`, `\\x`. An unclosed bracket ends with the pattern. Case matters. Works on bytes.
 * Linear in practice and never worse than elements times key: of several stars only the last one is ever tried again.
 */
export class Glob {
  /** Comparisons of an element with a byte, of all keys so far. */
  steps = 0
  private readonly elements: number[] = []
  /** 256 bits for each class. */
  private readonly sets: Uint8Array

  constructor(pattern: Uint8Array) {
    const sets: number[] = []
    for (let p = 0; p < pattern.length; p++) {
      const byte = pattern[p]!
      if (byte === openBracket) {
        this.elements.push(firstClass + sets.length / bytesOfSet)
        p = readClass(pattern, p + 1, sets)
      } else if (byte === star) {
        if (this.elements.at(-1) !== anyBytes) this.elements.push(anyBytes)
      } else if (byte === question) this.elements.push(anyByte)
      else if (byte === backslash && p + 1 < pattern.length) this.elements.push(pattern[++p]!)
      else this.elements.push(byte)
    }
    this.sets = Uint8Array.from(sets)
  }

  matches(key: Uint8Array): boolean {
    const { elements } = this
    const last = elements.length - 1
    let e = 0
    let k = 0
    let starAt = -1
    let retryAt = 0
    let steps = 0
    for (; k < key.length; steps++) {
      if (e <= last && elements[e] === anyBytes) {
        if (e === last) break
        starAt = ++e
        retryAt = k
      } else if (e <= last && this.takes(elements[e]!, key[k]!)) {
        e++
        k++
      } else if (starAt >= 0) {
        e = starAt
        k = ++retryAt
      } else break
    }
    this.steps += steps
    if (e === last && elements[e] === anyBytes) return true
    return k === key.length && e > last
  }

  private takes(element: number, byte: number): boolean {
    if (element < firstClass) return element === byte || element === anyByte
    return (this.sets[(element - firstClass) * bytesOfSet + (byte >> 3)]! & (1 << (byte & 7))) !== 0
  }
}

/** Adds the set of the class that begins at `from`; answers the place of its last byte. */
function readClass(pattern: Uint8Array, from: number, sets: number[]): number {
  const set = new Uint8Array(bytesOfSet)
  const add = (byte: number): void => {
    set[byte >> 3]! |= 1 << (byte & 7)
  }
  let p = from
  const inverted = pattern[p] === caret
  if (inverted) p++
  for (; p < pattern.length && pattern[p] !== closeBracket; p++) {
    if (pattern[p] === backslash && p + 1 < pattern.length) add(pattern[++p]!)
    else if (p + 2 < pattern.length && pattern[p + 1] === dash) {
      const one = signed(pattern[p]!)
      const other = signed(pattern[p + 2]!)
      p += 2
      for (let byte = Math.min(one, other); byte <= Math.max(one, other); byte++) add(byte & 0xff)
    } else add(pattern[p]!)
  }
  for (const bits of set) sets.push(inverted ? bits ^ 0xff : bits)
  return p
}

/** Redis compares ranges as C's `char`, which is signed on the machines it runs on. */
function signed(byte: number): number {
  return (byte << 24) >> 24
}

/** The bytes every matching key begins with. */
export function literalPrefix(pattern: Uint8Array): Uint8Array {
  const prefix: number[] = []
  for (let p = 0; p < pattern.length; p++) {
    const byte = pattern[p]!
    if (byte === star || byte === question || byte === openBracket) break
    if (byte === backslash && p + 1 < pattern.length) prefix.push(pattern[++p]!)
    else prefix.push(byte)
  }
  return Uint8Array.from(prefix)
}

const star = 0x2a
const question = 0x3f
const openBracket = 0x5b
const closeBracket = 0x5d
const backslash = 0x5c
const caret = 0x5e
const dash = 0x2d

/**
 * Whether `key` matches a pattern the way Redis 7.0 matches KEYS and SCAN (`stringmatchlen` in util.c): `*`, `?`,
 * `[abc]`, `[^a-z]`, `\x`. An unclosed bracket ends with the pattern. Case matters. Works on bytes. Linear in practice
 * and never worse than pattern times key: of several stars only the last one is ever tried again.
 */
export function globMatches(pattern: Uint8Array, key: Uint8Array): boolean {
  let p = 0
  let k = 0
  let starAt = -1
  let retryAt = 0
  const matched = { next: 0 }
  while (k < key.length) {
    if (p < pattern.length && pattern[p] === star) {
      starAt = ++p
      retryAt = k
    } else if (p < pattern.length && matchesOne(pattern, p, key[k]!, matched)) {
      p = matched.next
      k++
    } else if (starAt >= 0) {
      p = starAt
      k = ++retryAt
    } else {
      return false
    }
  }
  while (p < pattern.length && pattern[p] === star) p++
  return p >= pattern.length
}

/** Whether one byte matches the element at `p`; `after.next` is then the place of the next element. */
function matchesOne(pattern: Uint8Array, p: number, byte: number, after: { next: number }): boolean {
  const element = pattern[p]!
  if (element === openBracket) return matchesClass(pattern, p + 1, byte, after)
  if (element === backslash && p + 1 < pattern.length) {
    after.next = p + 2
    return pattern[p + 1] === byte
  }
  after.next = p + 1
  return element === question || element === byte
}

function matchesClass(pattern: Uint8Array, from: number, byte: number, after: { next: number }): boolean {
  let p = from
  const inverted = pattern[p] === caret
  if (inverted) p++
  let found = false
  for (; p < pattern.length && pattern[p] !== closeBracket; p++) {
    if (pattern[p] === backslash && p + 1 < pattern.length) {
      p++
      if (pattern[p] === byte) found = true
    } else if (p + 2 < pattern.length && pattern[p + 1] === dash) {
      const one = signed(pattern[p]!)
      const other = signed(pattern[p + 2]!)
      const subject = signed(byte)
      p += 2
      if (subject >= Math.min(one, other) && subject <= Math.max(one, other)) found = true
    } else if (pattern[p] === byte) {
      found = true
    }
  }
  after.next = p < pattern.length ? p + 1 : p
  return found !== inverted
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

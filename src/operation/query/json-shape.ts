/** Parsing takes a third of a microsecond for each array and object, however small; other JSON is ten times as fast. */
export const mostPartsOfValue = 250_000

/** What a JSON text is made of, told from its bytes outside of strings. Of what is no JSON it says something too. */
export interface JsonShape {
  /** How deep arrays and objects nest. */
  readonly depth: number
  /** How many arrays and objects there are. */
  readonly parts: number
}

const quote = 0x22
const backslash = 0x5c
/** Strings are searched byte by byte so far; beyond, calling the native search pays. */
const shortString = 48

/**
 * Looks at every byte once, for some nanoseconds, and keeps nothing; ends early once there is more than `most` of either,
 * which is then what it answers.
 */
export function jsonShapeOf(bytes: Buffer, start: number, end: number, most: JsonShape): JsonShape {
  let depth = 0
  let deepest = 0
  let parts = 0
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte === quote) i = endOfString(bytes, i + 1, end)
    else if (byte === 0x5b || byte === 0x7b) {
      if (++parts > most.parts) break
      if (++depth <= deepest) continue
      deepest = depth
      if (deepest > most.depth) break
    } else if (byte === 0x5d || byte === 0x7d) depth--
  }
  return { depth: deepest, parts }
}

/** Whether a value has more arrays and objects than are parsed in one go. */
export function hasTooManyParts(bytes: Buffer, start: number, end: number): boolean {
  // Each of them takes a byte at least.
  if (end - start <= mostPartsOfValue) return false
  return jsonShapeOf(bytes, start, end, { depth: end - start, parts: mostPartsOfValue }).parts > mostPartsOfValue
}

/** Where the quote is that ends a string which begins at `start`; `end` or beyond if there is none. */
function endOfString(bytes: Buffer, start: number, end: number): number {
  let i = start
  for (;;) {
    const near = Math.min(i + shortString, end)
    while (i < near) {
      const byte = bytes[i]!
      if (byte === quote) return i
      i += byte === backslash ? 2 : 1
    }
    if (i >= end) return i
    const next = bytes.indexOf(quote, i)
    if (next < 0 || next >= end) return end
    if (!isEscaped(bytes, next, i)) return next
    i = next + 1
  }
}

/** Whether an odd number of backslashes stands before `at`; none before `from` counts. */
function isEscaped(bytes: Buffer, at: number, from: number): boolean {
  let first = at
  while (first > from && bytes[first - 1] === backslash) first--
  return (at - first) % 2 === 1
}

import type { Arguments } from './arguments.ts'

const space = 0x20
const doubleQuote = 0x22
const singleQuote = 0x27
const backslash = 0x5c

/**
 * Splits the line `bytes[start..end)` (no newline, no NUL in it) the way Redis 7.0 reads an inline command
 * (`sdssplitargs` in sds.c): words between blanks, "double quotes" with \n \r \t \b \a \xHH, 'single quotes' with \'.
 * False if a quote is not closed, or closed in the middle of a word; `into` is then meaningless.
 */
export function splitInline(bytes: Uint8Array, start: number, end: number, into: Arguments): boolean {
  const out = Buffer.allocUnsafe(end - start)
  const places: number[] = []
  let used = 0
  let at = start
  for (;;) {
    while (at < end && isBlank(bytes[at]!)) at++
    if (at === end) break
    places.push(used)
    const word = new Word(bytes, at, end, out, used)
    if (!word.read()) return false
    at = word.at
    used = word.used
    places.push(used)
  }
  into.bytes = out
  into.places = places
  into.count = places.length / 2
  return true
}

class Word {
  at: number
  used: number
  private readonly bytes: Uint8Array
  private readonly end: number
  private readonly out: Buffer

  constructor(bytes: Uint8Array, at: number, end: number, out: Buffer, used: number) {
    this.bytes = bytes
    this.at = at
    this.end = end
    this.out = out
    this.used = used
  }

  read(): boolean {
    while (this.at < this.end) {
      const byte = this.bytes[this.at++]!
      if (endsWord(byte)) return true
      if (byte === doubleQuote) return this.readDouble() && this.atBoundary()
      if (byte === singleQuote) return this.readSingle() && this.atBoundary()
      this.out[this.used++] = byte
    }
    return true
  }

  private readDouble(): boolean {
    while (this.at < this.end) {
      const byte = this.bytes[this.at++]!
      if (byte === doubleQuote) return true
      if (byte !== backslash || this.at === this.end) {
        this.out[this.used++] = byte
        continue
      }
      const high = hexDigit(this.bytes[this.at + 1])
      const low = hexDigit(this.bytes[this.at + 2])
      if (this.bytes[this.at] === 0x78 && this.at + 2 < this.end && high >= 0 && low >= 0) {
        this.out[this.used++] = high * 16 + low
        this.at += 3
      } else {
        this.out[this.used++] = escaped(this.bytes[this.at++]!)
      }
    }
    return false
  }

  private readSingle(): boolean {
    while (this.at < this.end) {
      const byte = this.bytes[this.at++]!
      if (byte === singleQuote) return true
      if (byte === backslash && this.at < this.end && this.bytes[this.at] === singleQuote) {
        this.out[this.used++] = singleQuote
        this.at++
      } else {
        this.out[this.used++] = byte
      }
    }
    return false
  }

  private atBoundary(): boolean {
    return this.at === this.end || isBlank(this.bytes[this.at]!)
  }
}

/** C's isspace in the C locale. */
function isBlank(byte: number): boolean {
  return byte === space || (byte >= 0x09 && byte <= 0x0d)
}

/** Narrower than `isBlank`: a vertical tab or form feed inside a word belongs to it. */
function endsWord(byte: number): boolean {
  return byte === space || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function escaped(byte: number): number {
  if (byte === 0x6e) return 0x0a
  if (byte === 0x72) return 0x0d
  if (byte === 0x74) return 0x09
  if (byte === 0x62) return 0x08
  if (byte === 0x61) return 0x07
  return byte
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

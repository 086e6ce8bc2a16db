import { hexDigit } from './byte-classes.ts'

const percent = 0x25

/**
 * The bytes that a part of a target stands for: `%XX` is a byte, everything else itself (`+` too). Undefined for a
 * malformed escape or a raw byte above 0x7f. Without escapes the answer is a view.
 */
export function decodePercent(bytes: Buffer, start: number, end: number): Buffer | undefined {
  let escapes = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte >= 0x80) return undefined
    if (byte === percent) {
      if (at + 2 >= end || hexDigit[bytes[at + 1]!] === 255 || hexDigit[bytes[at + 2]!] === 255) return undefined
      escapes++
      at += 2
    }
  }
  if (escapes === 0) return bytes.subarray(start, end)
  const decoded = Buffer.allocUnsafe(end - start - 2 * escapes)
  let to = 0
  for (let at = start; at < end; at++) {
    if (bytes[at] === percent) {
      decoded[to++] = hexDigit[bytes[at + 1]!]! * 16 + hexDigit[bytes[at + 2]!]!
      at += 2
    } else decoded[to++] = bytes[at]!
  }
  return decoded
}

const hexUpper = '0123456789ABCDEF'
const unreserved = /[A-Za-z0-9\-._~]/

/** A key as one path segment (RFC 3986): what is not unreserved is escaped, so that any client can use it as it is. */
export function encodeKey(key: Uint8Array): string {
  let text = ''
  for (const byte of key) {
    const character = String.fromCharCode(byte)
    text += byte < 0x80 && unreserved.test(character) ? character : `%${hexUpper[byte >> 4]}${hexUpper[byte & 15]}`
  }
  return text
}

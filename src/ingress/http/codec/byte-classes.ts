/** Byte classes of RFC 9110 and RFC 9112; one table look-up for each byte of a request. */

function tableOf(value: (byte: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => value(byte))
}

const tokenBytes = new Set(
  [..."!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"].map((c) => c.charCodeAt(0)),
)

/** The lower-case form of a `token` byte (RFC 9110 section 5.6.2), 0 for any other byte. */
export const tokenLower = tableOf((byte) => {
  if (!tokenBytes.has(byte)) return 0
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
})

/** 1 for the bytes of a field value: HTAB, SP, VCHAR and obs-text (RFC 9110 section 5.5). */
export const fieldValue = tableOf((byte) => (byte === 0x09 || (byte >= 0x20 && byte !== 0x7f) ? 1 : 0))

export const targetPlain = 0
export const targetPercent = 1
export const targetQuery = 2
export const targetHigh = 3
export const targetEnd = 4
export const targetBad = 5

/**
 * The bytes of a request target. Visible ASCII is taken as it is, also where a URI would have to escape it (`{tag}`),
 * except `#`: a fragment is no part of a request (RFC 9110 section 4.2.5). Bytes above 0x7f pass here, because what
 * they are answered depends on the resource.
 */
export const targetByte = tableOf((byte) => {
  if (byte === 0x25) return targetPercent
  if (byte === 0x3f) return targetQuery
  if (byte === 0x20) return targetEnd
  if (byte >= 0x80) return targetHigh
  return byte <= 0x20 || byte === 0x7f || byte === 0x23 ? targetBad : targetPlain
})

/** 1 for the bytes of `uri-host [ ":" port ]` (RFC 3986 section 3.2.2), 0 for the rest, `@` among it. */
export const hostByte = tableOf((byte) =>
  /[A-Za-z0-9\-._~%!$&'()*+,;=:[\]]/.test(String.fromCharCode(byte)) && byte < 0x80 ? 1 : 0,
)

/** The value of a hexadecimal digit, 255 for any other byte. */
export const hexDigit = tableOf((byte) => {
  const value = byte < 0x80 ? '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase()) : -1
  return value < 0 ? 255 : value
})

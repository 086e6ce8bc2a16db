import type { RecordView } from '../../operation/record.ts'

/**
 * A stored record is a header and the value. All numbers are little-endian.
 *
 * | bytes | holds |
 * |---|---|
 * | 1 | flags: 1 = has expiry, 2 = has lease |
 * | 1 | content type: a number of the table below, 255 = spelled out |
 * | 2 | bucket (10 bits), sub / 2^16 (6 bits) |
 * | 4 | epoch |
 * | 6 | index |
 * | 2 | sub modulo 2^16 |
 * | 6 | expiry, wall-clock milliseconds, if flagged |
 * | 8 | lease, if flagged |
 * | 1 + n | content type spelled out: length and Latin-1 bytes, if 255 |
 */
export const fixedHeaderBytes = 16

const flagExpiry = 1
const flagLease = 2
const spelledOut = 255
/** Bits of the bucket above its low byte. */
const bucketHighBits = 2
const bucketHighMask = 3

/** Content types that take one byte. Append only: the numbers are on disk. */
const knownTypes = ['application/octet-stream', 'application/json', 'text/plain', 'text/plain;charset=utf-8'] as const
const codeOfType = new Map<string, number>(knownTypes.map((type, code) => [type, code]))

/** The longest content type that can be stored, in Latin-1 bytes. */
export const maxContentTypeBytes = 255

/** The changing part of a record's header; a `RecordView` is one. */
export interface RecordMeta {
  readonly bucket: number
  readonly epoch: number
  readonly index: number
  readonly sub: number
  readonly expiresAtMs: number
  readonly lease: number
  readonly contentType: string
}

/** Bytes the header of such a record takes. */
export function headerBytes(expiresAtMs: number, lease: number, contentType: string): number {
  const typeBytes = codeOfType.has(contentType) ? 0 : 1 + contentType.length
  return fixedHeaderBytes + (expiresAtMs === 0 ? 0 : 6) + (lease === 0 ? 0 : 8) + typeBytes
}

/** Writes the header at `offset` of `target`; answers where the value begins. */
export function encodeHeader(target: Buffer, offset: number, meta: RecordMeta): number {
  const code = codeOfType.get(meta.contentType) ?? spelledOut
  target[offset] = (meta.expiresAtMs === 0 ? 0 : flagExpiry) | (meta.lease === 0 ? 0 : flagLease)
  target[offset + 1] = code
  target[offset + 2] = meta.bucket & 0xff
  target[offset + 3] = (meta.bucket >>> 8) | ((meta.sub >>> 16) << bucketHighBits)
  target.writeUInt32LE(meta.epoch, offset + 4)
  target.writeUIntLE(meta.index, offset + 8, 6)
  target[offset + 14] = meta.sub & 0xff
  target[offset + 15] = (meta.sub >>> 8) & 0xff
  let at = offset + fixedHeaderBytes
  if (meta.expiresAtMs !== 0) at = target.writeUIntLE(meta.expiresAtMs, at, 6)
  if (meta.lease !== 0) {
    target.writeUInt32LE(meta.lease % 0x100000000, at)
    target.writeUInt32LE(Math.floor(meta.lease / 0x100000000), at + 4)
    at += 8
  }
  if (code === spelledOut) {
    if (meta.contentType.length > maxContentTypeBytes)
      throw new RangeError('the content type does not fit its length byte')
    target[at] = meta.contentType.length
    at += 1 + target.latin1Write(meta.contentType, at + 1)
  }
  return at
}

const noBytes = new Uint8Array(0)

/** A record decoded in place: reused from call to call, so it is valid only until the next `decode`. */
export class DecodedRecord implements RecordView {
  bytes: Uint8Array = noBytes
  valueStart = 0
  valueEnd = 0
  bucket = 0
  epoch = 0
  index = 0
  sub = 0
  expiresAtMs = 0
  lease = 0
  contentType = ''

  /** Decodes the stored record `bytes[start..end)`. */
  decode(bytes: Uint8Array, start: number, end: number): this {
    const flags = bytes[start]!
    const code = bytes[start + 1]!
    this.bytes = bytes
    this.valueEnd = end
    const high = bytes[start + 3]!
    this.bucket = bytes[start + 2]! | ((high & bucketHighMask) << 8)
    this.epoch = readUint32(bytes, start + 4)
    this.index = readUint48(bytes, start + 8)
    this.sub = bytes[start + 14]! | (bytes[start + 15]! << 8) | ((high >>> bucketHighBits) << 16)
    let at = start + fixedHeaderBytes
    this.expiresAtMs = 0
    this.lease = 0
    if ((flags & flagExpiry) !== 0) {
      this.expiresAtMs = readUint48(bytes, at)
      at += 6
    }
    if ((flags & flagLease) !== 0) {
      this.lease = readUint32(bytes, at) + readUint32(bytes, at + 4) * 0x100000000
      at += 8
    }
    if (code === spelledOut) {
      const length = bytes[at]!
      this.contentType = String.fromCharCode(...bytes.subarray(at + 1, at + 1 + length))
      at += 1 + length
    } else {
      this.contentType = knownTypes[code] ?? knownTypes[0]
    }
    this.valueStart = at
    return this
  }

  /** A copy whose bytes belong to the caller; with `withValue` false the value is left out but its length kept by the caller. */
  copy(withValue = true): RecordView {
    const { bucket, epoch, index, sub, expiresAtMs, lease, contentType } = this
    const bytes = withValue ? Buffer.from(this.bytes.subarray(this.valueStart, this.valueEnd)) : noBytes
    return { bytes, valueStart: 0, valueEnd: bytes.length, bucket, epoch, index, sub, expiresAtMs, lease, contentType }
  }
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}

function readUint48(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) + (bytes[at + 4]! | (bytes[at + 5]! << 8)) * 0x100000000
}

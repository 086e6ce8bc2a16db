import { crc32 } from 'node:zlib'

/**
 * A frame: length of the payload, sequence number, CRC-32 of the payload, CRC-32 of the twelve bytes before it (each 4
 * bytes, little endian), payload. Sequence numbers begin at 0 in each file.
 */
const headerBytes = 16

export function encodeFrame(sequence: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + payload.length)
  frame.writeUInt32LE(payload.length, 0)
  frame.writeUInt32LE(sequence, 4)
  frame.writeUInt32LE(crc32(payload), 8)
  frame.writeUInt32LE(crc32(frame.subarray(0, 12)), 12)
  frame.set(payload, headerBytes)
  return frame
}

export interface Frames {
  readonly payloads: readonly Buffer[]
  /** Bytes the whole frames take from the start of the file. */
  readonly length: number
  /** A whole frame follows the damage: it is no torn last write, acknowledged data is lost. */
  readonly damaged: boolean
}

/**
 * The frames of a file up to its end or the first that is not whole. Every append is on disk before the next one
 * begins, so a crash can only have torn the last.
 */
export function decodeFrames(file: Uint8Array): Frames {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length)
  const payloads: Buffer[] = []
  let offset = 0
  for (;;) {
    const payload = frameAt(bytes, offset, payloads.length)
    if (payload === undefined) break
    payloads.push(payload)
    offset += headerBytes + payload.length
  }
  return { payloads, length: offset, damaged: laterFrame(bytes, offset, payloads.length) }
}

function frameAt(bytes: Buffer, offset: number, sequence: number | undefined): Buffer | undefined {
  if (offset + headerBytes > bytes.length) return undefined
  if (sequence !== undefined && bytes.readUInt32LE(offset + 4) !== sequence) return undefined
  if (bytes.readUInt32LE(offset + 12) !== crc32(bytes.subarray(offset, offset + 12))) return undefined
  const start = offset + headerBytes
  const length = bytes.readUInt32LE(offset)
  if (start + length > bytes.length) return undefined
  const payload = bytes.subarray(start, start + length)
  return bytes.readUInt32LE(offset + 8) === crc32(payload) ? payload : undefined
}

function laterFrame(bytes: Buffer, from: number, sequence: number): boolean {
  for (let offset = from + 1; offset + headerBytes <= bytes.length; offset++) {
    if (frameAt(bytes, offset, undefined) !== undefined && bytes.readUInt32LE(offset + 4) > sequence) return true
  }
  return false
}

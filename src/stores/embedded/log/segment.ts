import { crc32 } from 'node:zlib'
import type { DiskFile } from '../../../runtime/disk.ts'

/**
 * A segment is one log file: a header of 64 bytes (magic, version, sequence u48, salt u32, CRC-32 of these), then blocks
 * end to end. The header, not the name, says which segment it is: a recycled file is renamed and gets a new header, and
 * the header becomes durable with the first block, while the new name may still be lost in a crash.
 */
export const segmentHeaderBytes = 64

const segmentMagic = Buffer.from('HGLOG')
const formatVersion = 1

export interface SegmentHeader {
  readonly sequence: number
  readonly salt: number
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(segmentHeaderBytes)
  segmentMagic.copy(bytes)
  bytes.writeUInt8(formatVersion, 5)
  bytes.writeUIntLE(header.sequence, 8, 6)
  bytes.writeUInt32LE(header.salt, 16)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 20)), 20)
  return bytes
}

/**
 * What the first bytes of a file say: its header, or that there is none (all zeros: a header lies within one sector, which
 * is written whole or not at all; so the file was never used, unless what follows says otherwise), or that they are
 * damaged.
 */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | 'absent' | 'damaged' {
  if (bytes.subarray(0, segmentHeaderBytes).every((byte) => byte === 0)) return 'absent'
  if (bytes.length < segmentHeaderBytes || !bytes.subarray(0, 5).equals(segmentMagic)) return 'damaged'
  if (crc32(bytes.subarray(0, 20)) !== bytes.readUInt32LE(20)) return 'damaged'
  if (bytes.readUInt8(5) !== formatVersion) {
    throw new Error(`log segment has format ${bytes.readUInt8(5)}, this version reads format ${formatVersion}`)
  }
  return { sequence: bytes.readUIntLE(8, 6), salt: bytes.readUInt32LE(16) }
}

/** An open segment that is being written, or waits for the engine to have flushed what it holds. */
export interface Segment {
  readonly path: string
  readonly file: DiskFile
  readonly header: SegmentHeader
  readonly sizeBytes: number
  /** Where the next block goes. */
  position: number
  /** Index of the last entry in it; 0 while there is none. */
  lastIndex: number
}

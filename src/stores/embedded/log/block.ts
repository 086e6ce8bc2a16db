import { crc32 } from 'node:zlib'

/**
 * A block is what one write and one fdatasync make durable: a header and the entries of one batch, of one epoch and with
 * consecutive indexes. All numbers are little-endian.
 *
 * | offset | bytes | holds |
 * |---|---|---|
 * | 0 | 4 | magic |
 * | 4 | 4 | CRC-32 of everything after it |
 * | 8 | 4 | length of the block, header included |
 * | 12 | 4 | salt of the segment, so that a recycled file's old blocks are never taken for new ones |
 * | 16 | 4 | epoch |
 * | 20 | 6 | index of the first entry |
 * | 26 | 2 | unused, zero |
 * | 28 | 4 | number of entries, at least 1 |
 *
 * An entry is `length u32, type u8, effects u24` and its effects; an effect is `space u8, flags u8,
 * key length u16, value length u32, key, value`.
 */
export const blockHeaderBytes = 32
export const entryHeaderBytes = 8
export const effectHeaderBytes = 8

/** What every block begins with. */
export const blockMagicBytes = Buffer.from('HGB1')
const blockMagic = blockMagicBytes.readUInt32LE()

export const entryTypeEffects = 1

export const effectRemoves = 1

export interface BlockHeader {
  readonly lengthBytes: number
  readonly epoch: number
  readonly firstIndex: number
  readonly entries: number
}

/** Fills the header of the block `bytes[start..end)`, whose entries are already in place. */
export function sealBlock(
  bytes: Buffer,
  start: number,
  end: number,
  salt: number,
  epoch: number,
  firstIndex: number,
  entries: number,
): void {
  bytes.writeUInt32LE(blockMagic, start)
  bytes.writeUInt32LE(end - start, start + 8)
  bytes.writeUInt32LE(salt, start + 12)
  bytes.writeUInt32LE(epoch, start + 16)
  bytes.writeUIntLE(firstIndex, start + 20, 6)
  bytes.writeUInt16LE(0, start + 26)
  bytes.writeUInt32LE(entries, start + 28)
  bytes.writeUInt32LE(crc32(bytes.subarray(start + 8, end)), start + 4)
}

/** Of a file whose header is lost: a block counts whatever its salt. */
export const anySalt = undefined
export type Salt = number | typeof anySalt

/** Whether a block of this salt seems to begin at `start`, whole or not; there is room for a header. */
export function beginsBlock(bytes: Buffer, start: number, salt: Salt): boolean {
  return bytes.readUInt32LE(start) === blockMagic && (salt === anySalt || bytes.readUInt32LE(start + 12) === salt)
}

/** The length that the header at `start` gives, whether or not the block is whole. */
export function blockLengthAt(bytes: Buffer, start: number): number {
  return bytes.readUInt32LE(start + 8)
}

/** The header of the whole, intact block at `start`, or undefined if there is none with this salt. */
export function openBlock(bytes: Buffer, start: number, end: number, salt: Salt): BlockHeader | undefined {
  if (end - start < blockHeaderBytes + entryHeaderBytes || !beginsBlock(bytes, start, salt)) return undefined
  const lengthBytes = bytes.readUInt32LE(start + 8)
  if (lengthBytes < blockHeaderBytes + entryHeaderBytes || lengthBytes > end - start) return undefined
  if (crc32(bytes.subarray(start + 8, start + lengthBytes)) !== bytes.readUInt32LE(start + 4)) return undefined
  return {
    lengthBytes,
    epoch: bytes.readUInt32LE(start + 16),
    firstIndex: bytes.readUIntLE(start + 20, 6),
    entries: bytes.readUInt32LE(start + 28),
  }
}

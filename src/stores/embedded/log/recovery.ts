import { join } from 'node:path'
import type { Disk, DiskFile } from '../../../runtime/disk.ts'
import { type BlockHeader, blockHeaderBytes, findBlock, openBlock } from './block.ts'
import { decodeSegmentHeader, type Segment, segmentHeaderBytes } from './segment.ts'
import { segmentSuffix } from './segment-pool.ts'

/** The log says something impossible: not a torn tail but damage or a missing file. Starting would lose writes. */
export class LogDamaged extends Error {}

export interface RecoveredLog {
  /** Segments that hold entries, oldest first; their files are open. */
  readonly segments: readonly Segment[]
  readonly lastIndex: number
  readonly lastEpoch: number
  /** For the first new segment. */
  readonly nextSequence: number
  /** Bytes after the last intact block that were dropped as a torn tail. */
  readonly tornBytes: number
}

interface Found {
  readonly path: string
  readonly file: DiskFile
  readonly sequence: number
  /** The sequence its name gives: another one if a crash came between renaming and writing the header. */
  readonly named: number
  readonly salt: number
  readonly sizeBytes: number
}

/** Called for each block in order, with the segment's whole content; the bytes may be kept. */
export type VisitBlock = (bytes: Buffer, start: number, header: BlockHeader) => void

/**
 * Reads the log in `directory` from front to back. A log ends at its first block that is not whole; it must be the last
 * of the log (`strict`: what follows would have been acknowledged, so it is damage and refused). Entries at or below
 * `appliedIndex` may be missing, and gaps among them are normal: their files are recycled in any order, and a spare file
 * still holds what it held last.
 */
export function recoverLog(
  disk: Disk,
  directory: string,
  appliedIndex: number,
  strict: boolean,
  visit: VisitBlock,
): RecoveredLog {
  disk.makeDirectory(directory)
  const found = openSegments(disk, directory)
  const segments: Segment[] = []
  let lastIndex = 0
  let lastEpoch = 0
  let tornBytes = 0
  for (const each of found) {
    const bytes = Buffer.allocUnsafeSlow(each.sizeBytes)
    const size = each.file.read(bytes, 0, each.sizeBytes, 0)
    let position = segmentHeaderBytes
    let segmentLast = 0
    for (;;) {
      const header = openBlock(bytes, position, size, each.salt)
      if (header === undefined) break
      if (header.firstIndex !== lastIndex + 1 && header.firstIndex > appliedIndex + 1) {
        const needed = Math.max(lastIndex, appliedIndex) + 1
        throw new LogDamaged(
          `${each.path} begins at entry ${header.firstIndex}; the file with entry ${needed} is missing`,
        )
      }
      visit(bytes, position, header)
      lastIndex = header.firstIndex + header.entries - 1
      lastEpoch = header.epoch
      segmentLast = lastIndex
      position += header.lengthBytes
    }
    if (strict && leavesOut(bytes, position, size, each.salt, appliedIndex)) {
      throw new LogDamaged(`${each.path}: damaged at byte ${position}, with intact blocks after it`)
    }
    tornBytes = tornTail(bytes, position, size)
    if (segmentLast === 0) {
      each.file.close()
      disk.remove(each.path)
      continue
    }
    segments.push({
      path: each.path,
      file: each.file,
      header: each,
      sizeBytes: each.sizeBytes,
      position,
      lastIndex: segmentLast,
    })
  }
  const nextSequence = found.reduce((most, each) => Math.max(most, each.sequence, each.named), 0) + 1
  return { segments, lastIndex: Math.max(lastIndex, appliedIndex), lastEpoch, nextSequence, tornBytes }
}

/**
 * Whether blocks that are still needed stand behind the one that is not whole. Blocks that are not needed may: a spare
 * file that was being overwritten at a crash can keep its old header and some of its old blocks.
 */
function leavesOut(bytes: Buffer, position: number, size: number, salt: number, appliedIndex: number): boolean {
  for (let at = findBlock(bytes, position, size, salt); at >= 0; at = findBlock(bytes, at + 1, size, salt)) {
    const header = openBlock(bytes, at, size, salt)!
    if (header.firstIndex + header.entries - 1 > appliedIndex) return true
  }
  return false
}

function openSegments(disk: Disk, directory: string): Found[] {
  const found: Found[] = []
  for (const name of disk.list(directory)) {
    if (!name.endsWith(segmentSuffix)) continue
    const path = join(directory, name)
    const file = disk.open(path, 'existing')
    const head = Buffer.alloc(segmentHeaderBytes)
    file.read(head, 0, segmentHeaderBytes, 0)
    const header = decodeSegmentHeader(head)
    if (header === undefined) {
      file.close()
      disk.remove(path)
      continue
    }
    const named = Number.parseInt(name, 16)
    found.push({ path, file, sizeBytes: file.size(), sequence: header.sequence, named, salt: header.salt })
  }
  return found.sort((a, b) => a.sequence - b.sequence)
}

/** How many bytes of a block that never became whole stand at `position`; zeros are unused space. */
function tornTail(bytes: Buffer, position: number, size: number): number {
  if (position + blockHeaderBytes > size || bytes.readUInt32LE(position) === 0) return 0
  return Math.min(bytes.readUInt32LE(position + 8), size - position)
}

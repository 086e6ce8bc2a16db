import { join } from 'node:path'
import type { Disk, DiskFile } from '../../../runtime/disk.ts'
import { anySalt, type BlockHeader, type Salt } from './block.ts'
import { decodeSegmentHeader, type Segment, segmentHeaderBytes } from './segment.ts'
import { segmentSuffix } from './segment-pool.ts'
import { SegmentWindow } from './segment-window.ts'

/** Read at once of a file that is expected to be zeros. */
const scanBytes = 1 << 20
const sampleBytes = 4096
const sampleDistance = 256 * 1024

/** The log says something impossible: not a torn tail but damage or a missing file. Starting would lose writes. */
export class LogDamaged extends Error {}

/** What was written is of a later epoch than the coordination knows of: going on would give out epochs again (C1, C2). */
export class EpochBehind extends Error {
  constructor(where: string, found: number, known: number) {
    const cause = 'coordination/ is older than the data, or belongs to other data'
    const remedy = 'put the folder back that goes with it'
    super(
      `${where} holds writes of epoch ${found}, and the coordination knows of none after ${known}: ${cause}; ${remedy}`,
    )
  }
}

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

interface Opened {
  readonly path: string
  readonly file: DiskFile
}

interface Found extends Opened {
  readonly sequence: number
  /** The sequence its name gives: another one if a crash came between renaming and writing the header. */
  readonly named: number
  readonly salt: number
  readonly sizeBytes: number
}

/** Called for each block in order. The bytes are reused after the call. */
export type VisitBlock = (bytes: Buffer, start: number, header: BlockHeader) => void

/**
 * Reads the log in `directory` from front to back, and makes what it found durable: after a crash of the process alone the
 * last block may be in the page cache only. A log ends at its first block that is not whole. With `strict` nothing may
 * follow that (it would have been acknowledged, so it is damage and refused); without, what follows is dropped, because
 * the system wrote it in any order. Entries at or below `appliedIndex` may be missing, and gaps among them are normal:
 * their files are recycled in any order, and a spare file still holds what it held last.
 */
export function recoverLog(
  disk: Disk,
  directory: string,
  appliedIndex: number,
  strict: boolean,
  visit: VisitBlock,
): RecoveredLog {
  disk.makeDirectory(directory)
  const { found, useless } = openSegments(disk, directory, strict)
  if (strict) for (const each of useless) refuseIfNeeded(each, appliedIndex)
  const nextSequence = found.reduce((most, each) => Math.max(most, each.sequence, each.named), 0) + 1
  const reader = new LogReader(appliedIndex, strict, visit)
  for (const each of found) if (!reader.read(each)) useless.push(each)
  for (const { file } of reader.segments) file.datasyncNow()
  for (const { file, path } of useless) {
    file.close()
    disk.remove(path)
  }
  // One that came back later would be taken for the continuation of a log that has gone on elsewhere.
  if (useless.length > 0) disk.syncDirectory(directory)
  const { segments, lastEpoch, tornBytes } = reader
  return { segments, lastIndex: Math.max(reader.lastIndex, appliedIndex), lastEpoch, nextSequence, tornBytes }
}

/** Reads segments in order of their sequence. */
class LogReader {
  readonly segments: Segment[] = []
  lastIndex = 0
  lastEpoch = 0
  tornBytes = 0
  readonly #appliedIndex: number
  readonly #strict: boolean
  readonly #visit: VisitBlock
  /** Where the blocks of the segment before end. */
  #end: string | undefined
  #ended = false
  readonly #window = new SegmentWindow()

  constructor(appliedIndex: number, strict: boolean, visit: VisitBlock) {
    this.#appliedIndex = appliedIndex
    this.#strict = strict
    this.#visit = visit
  }

  /** Takes in the blocks of one segment; false if it holds nothing of the log. */
  read(each: Found): boolean {
    if (this.#ended) return false
    const window = this.#window
    window.open(each.file, each.sizeBytes)
    let position = segmentHeaderBytes
    for (;;) {
      const header = window.blockAt(position, each.salt)
      if (header === undefined || !this.#follows(each, header)) break
      this.#visit(window.bytes, window.start, header)
      this.lastIndex = header.firstIndex + header.entries - 1
      this.lastEpoch = header.epoch
      position += header.lengthBytes
    }
    if (this.#strict && leavesOut(window, position, each.salt, this.#appliedIndex)) {
      throw new LogDamaged(`${each.path}: damaged at byte ${position}, with intact blocks after it`)
    }
    this.tornBytes = window.tornBytesAt(position, each.salt)
    this.#end = `byte ${position} of ${each.path}`
    if (position === segmentHeaderBytes) return false
    const { path, file, sizeBytes } = each
    this.segments.push({ path, file, header: each, sizeBytes, position, lastIndex: this.lastIndex })
    return true
  }

  /** Whether a block goes on where the log has come to, of what the engine does not have. */
  #follows({ path }: Found, { firstIndex, entries }: BlockHeader): boolean {
    const needed = Math.max(this.lastIndex, this.#appliedIndex) + 1
    const repeats = firstIndex <= this.lastIndex && firstIndex + entries - 1 > this.#appliedIndex
    if (firstIndex <= needed && !repeats) return true
    if (this.#strict && this.#end === undefined) {
      throw new LogDamaged(`${path} begins with entry ${firstIndex}: the file with entry ${needed} is missing`)
    }
    if (this.#strict) {
      const cause = `entry ${needed} should be at ${this.#end}, or in a file that is missing`
      throw new LogDamaged(`${path} goes on with entry ${firstIndex}: ${cause}`)
    }
    this.#ended = true
    return false
  }
}

/**
 * Whether blocks that are still needed stand behind the one that is not whole. Blocks that are not needed may: a spare
 * file that was being overwritten at a crash can keep its old header and some of its old blocks.
 */
function leavesOut(window: SegmentWindow, position: number, salt: Salt, appliedIndex: number): boolean {
  for (const { firstIndex, entries } of window.blocksAfter(position, salt)) {
    if (firstIndex + entries - 1 > appliedIndex) return true
  }
  return false
}

/**
 * Refuses a file without a header that holds entries which the engine does not have. No crash leaves one: the header is
 * in the sector in which the first block begins, and no second block is written before the first is synced.
 */
function refuseIfNeeded({ path, file }: Opened, appliedIndex: number): void {
  const size = file.size()
  if (isZero(file, size)) return
  const window = new SegmentWindow()
  window.open(file, size)
  if (!leavesOut(window, 0, anySalt, appliedIndex)) return
  const remedy =
    'put a copy of the file back, or move it out of the folder to go on without the writes that only it holds'
  throw new LogDamaged(
    `${path}: its header has become zeros, with intact blocks after it; nothing was removed: ${remedy}`,
  )
}

/**
 * Whether a file is zeros, as one is that was prepared and never used. Looks at all of its beginning, where blocks
 * begin, and at samples behind it: to read all of every spare file would take most of the time of a start.
 */
function isZero(file: DiskFile, size: number): boolean {
  const zeros = Buffer.alloc(Math.min(size, scanBytes))
  const bytes = Buffer.allocUnsafe(zeros.length)
  for (let at = 0, length = zeros.length; at < size; at += sampleDistance, length = sampleBytes) {
    const got = file.read(bytes, 0, Math.min(length, size - at), at)
    if (bytes.compare(zeros, 0, got, 0, got) !== 0) return false
  }
  return true
}

/** Segments in order of their sequence, and files that hold nothing. */
function openSegments(disk: Disk, directory: string, strict: boolean): { found: Found[]; useless: Opened[] } {
  const found: Found[] = []
  const useless: Opened[] = []
  for (const name of disk.list(directory)) {
    if (!name.endsWith(segmentSuffix)) continue
    const path = join(directory, name)
    const file = disk.open(path, 'existing')
    const head = Buffer.alloc(segmentHeaderBytes)
    const headBytes = file.read(head, 0, segmentHeaderBytes, 0)
    const header = decodeSegmentHeader(head.subarray(0, headBytes))
    if (header === 'damaged' && strict) throw new LogDamaged(`${path}: its header is damaged`)
    if (typeof header === 'string') {
      useless.push({ path, file })
      continue
    }
    const named = Number.parseInt(name, 16)
    found.push({ path, file, sizeBytes: file.size(), sequence: header.sequence, named, salt: header.salt })
  }
  return { found: found.sort((a, b) => a.sequence - b.sequence), useless }
}

import { join } from 'node:path'
import type { Disk, DiskFile } from '../../../runtime/disk.ts'
import type { Random } from '../../../runtime/random.ts'
import { encodeSegmentHeader, type Segment } from './segment.ts'

export const segmentSuffix = '.log'

export interface SegmentPoolSettings {
  readonly directory: string
  readonly segmentBytes: number
  /** Free files kept for reuse; more are removed. */
  readonly maxSpares: number
}

/**
 * Hands out log files whose space is already allocated, so that an fdatasync has data to write and no metadata. Files
 * come back when the engine has flushed what they hold; a spare is prepared in the background while one is written.
 */
export class SegmentPool {
  readonly #disk: Disk
  readonly #random: Random
  readonly #settings: SegmentPoolSettings
  readonly #spares: { path: string; file: DiskFile }[] = []
  #nextSequence: number
  #preparing = false
  #closed = false

  constructor(disk: Disk, random: Random, settings: SegmentPoolSettings, nextSequence: number) {
    this.#disk = disk
    this.#random = random
    this.#settings = settings
    this.#nextSequence = nextSequence
  }

  /** A segment with room for a block of `neededBytes`; its name and header are not durable before its first datasync. */
  take(neededBytes: number): Segment {
    const sequence = this.#nextSequence++
    const header = { sequence, salt: this.#random.integer(0x100000000) }
    const path = join(this.#settings.directory, sequence.toString(16).padStart(12, '0') + segmentSuffix)
    const fits = neededBytes + 64 <= this.#settings.segmentBytes
    const spare = fits ? this.#spares.pop() : undefined
    if (spare !== undefined) this.#disk.rename(spare.path, path)
    const file = spare?.file ?? this.#disk.open(path, 'create')
    if (spare === undefined) this.#disk.syncDirectory(this.#settings.directory)
    const bytes = encodeSegmentHeader(header)
    file.write(bytes, 0, bytes.length, 0)
    this.#prepare()
    const sizeBytes = Math.max(this.#settings.segmentBytes, neededBytes + bytes.length)
    return { path, file, header, sizeBytes, position: bytes.length, lastIndex: 0 }
  }

  /** Takes back a segment nobody needs any more. */
  giveBack(segment: Segment): void {
    if (this.#spares.length < this.#settings.maxSpares && segment.sizeBytes === this.#settings.segmentBytes) {
      this.#spares.push({ path: segment.path, file: segment.file })
      return
    }
    segment.file.close()
    this.#disk.remove(segment.path)
  }

  close(): void {
    this.#closed = true
    for (const spare of this.#spares) spare.file.close()
    this.#spares.length = 0
  }

  #prepare(): void {
    if (this.#preparing || this.#closed || this.#spares.length > 0) return
    this.#preparing = true
    const sequence = this.#nextSequence++
    const path = join(this.#settings.directory, sequence.toString(16).padStart(12, '0') + segmentSuffix)
    const file = this.#disk.open(path, 'create')
    const zeros = Buffer.alloc(Math.min(1 << 20, this.#settings.segmentBytes))
    const finish = (usable: boolean): void => {
      this.#preparing = false
      if (usable && !this.#closed) {
        this.#disk.syncDirectory(this.#settings.directory)
        this.#spares.push({ path, file })
      } else {
        file.close()
        this.#disk.remove(path)
      }
    }
    const fill = (position: number): void => {
      if (this.#closed) return finish(false)
      if (position >= this.#settings.segmentBytes) return file.datasync((error) => finish(error === null))
      const part = zeros.subarray(0, Math.min(zeros.length, this.#settings.segmentBytes - position))
      file.writeLater(part, position, (error) => (error === null ? fill(position + part.length) : finish(false)))
    }
    fill(0)
  }
}

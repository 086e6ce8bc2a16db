import { join } from 'node:path'
import type { Disk, DiskFile } from '../../../runtime/disk.ts'
import type { Random } from '../../../runtime/random.ts'
import { encodeSegmentHeader, type Segment, segmentHeaderBytes } from './segment.ts'

export const segmentSuffix = '.log'

/** Zeros written at once while a file is prepared. */
const fillBytes = 1 << 20

export interface SegmentPoolSettings {
  readonly directory: string
  readonly segmentBytes: number
  /** Free files kept for reuse; more are removed. */
  readonly maxSpares: number
}

interface Spare {
  readonly path: string
  readonly file: DiskFile
}

/**
 * Hands out log files whose space is already allocated, so that an fdatasync has data to write and no metadata. Files
 * come back when the engine has flushed what they hold; a spare is prepared in the background while one is written.
 */
export class SegmentPool {
  readonly #disk: Disk
  readonly #random: Random
  readonly #settings: SegmentPoolSettings
  readonly #spares: Spare[] = []
  #nextSequence: number
  #preparing: Promise<void> | undefined
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
    const path = this.#nextPath(sequence)
    const fits = neededBytes + segmentHeaderBytes <= this.#settings.segmentBytes
    const spare = fits ? this.#spares.pop() : undefined
    if (spare !== undefined) this.#disk.rename(spare.path, path)
    const file = spare?.file ?? this.#create(path)
    const bytes = encodeSegmentHeader(header)
    file.write(bytes, 0, bytes.length, 0)
    this.#prepare()
    const sizeBytes = Math.max(this.#settings.segmentBytes, neededBytes + bytes.length)
    return { path, file, header, sizeBytes, position: bytes.length, lastIndex: 0 }
  }

  #create(path: string): DiskFile {
    const file = this.#disk.open(path, 'create')
    try {
      // Opens the directory, which may be one file too many.
      this.#disk.syncDirectory(this.#settings.directory)
    } catch (error) {
      file.close()
      this.#disk.remove(path)
      throw error
    }
    return file
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

  /** Resolves when nothing is written in the background any more. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#preparing
    for (const spare of this.#spares) spare.file.close()
    this.#spares.length = 0
  }

  #prepare(): void {
    if (this.#preparing !== undefined || this.#closed || this.#spares.length > 0) return
    this.#preparing = this.#makeSpare(this.#nextPath()).then(() => {
      this.#preparing = undefined
    })
  }

  /** If that fails, the next file is allocated while it is written; what is left behind recovery removes. */
  async #makeSpare(path: string): Promise<void> {
    let file: DiskFile | undefined
    try {
      file = this.#disk.open(path, 'create')
      await this.#fill(file)
      this.#disk.syncDirectory(this.#settings.directory)
      if (!this.#closed) return void this.#spares.push({ path, file })
    } catch {
      // As above.
    }
    try {
      file?.close()
      this.#disk.remove(path)
    } catch {
      // As above.
    }
  }

  /** Writes the whole file, so that its space is allocated. */
  async #fill(file: DiskFile): Promise<void> {
    const { segmentBytes } = this.#settings
    const zeros = Buffer.alloc(Math.min(fillBytes, segmentBytes))
    for (let position = 0; position < segmentBytes && !this.#closed; position += zeros.length) {
      const part = zeros.subarray(0, segmentBytes - position)
      await finished((done) => file.writeLater(part, position, done))
    }
    await finished((done) => file.datasync(done))
  }

  #nextPath(sequence = this.#nextSequence++): string {
    return join(this.#settings.directory, sequence.toString(16).padStart(12, '0') + segmentSuffix)
  }
}

function finished(begin: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => begin((error) => (error === null ? resolve() : reject(error))))
}

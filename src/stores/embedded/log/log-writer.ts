import type { Runtime } from '../../../runtime/runtime.ts'
import type { Space } from '../engine/engine.ts'
import {
  blockHeaderBytes,
  effectHeaderBytes,
  effectRemoves,
  entryHeaderBytes,
  entryTypeEffects,
  sealBlock,
} from './block.ts'
import { Gathering } from './gathering.ts'
import type { Segment } from './segment.ts'
import type { SegmentPool } from './segment-pool.ts'
import { type Slab, type SlabQueue, slabBytes } from './slab.ts'

/** Told when blocks became durable, in order; `failed` is the last thing it hears. */
export interface LogListener {
  /** All entries up to `index` are durable. */
  onDurable(index: number): void
  onFailed(error: Error): void
}

export interface LogWriterSettings {
  /** `group`: one fdatasync for each block, before `onDurable`. `os`: left to the system. */
  readonly durability: 'group' | 'os'
}

/** Between attempts to get a file while the process may open no more, for five minutes. */
const retryMs = 100
const maxAttempts = 3_000

/** Since the start. */
export interface LogStatistics {
  blocks: number
  syncs: number
  /** Entries, and bytes of blocks, that `onDurable` was told of. */
  entries: number
  bytes: number
}

interface Block {
  readonly slab: Slab
  readonly start: number
  readonly end: number
  readonly firstIndex: number
  readonly entries: number
}

/**
 * Builds entries in place in a slab and makes them durable in groups: whatever was appended while the previous block was
 * being synced becomes the next block, one write and one fdatasync for all of it (group commit). One block at a time, so
 * that only the last can be torn.
 */
export class LogWriter {
  readonly statistics: LogStatistics = { blocks: 0, syncs: 0, entries: 0, bytes: 0 }
  readonly #runtime: Runtime
  readonly #slabs: SlabQueue
  readonly #pool: SegmentPool
  readonly #listener: LogListener
  readonly #settings: LogWriterSettings
  readonly #full: Segment[] = []
  /** Blocks closed because their slab was full, oldest first, waiting for their turn. */
  readonly #ready: Block[] = []
  #segment: Segment | undefined
  #slab: Slab
  #blockStart = 0
  #position = blockHeaderBytes
  #entryStart = -1
  #effects = 0
  #entries = 0
  #nextIndex: number
  #scheduled = false
  readonly #writeSoon = (): void => {
    const ready = !this.#syncing && this.#failed === undefined
    if (ready && this.#ready.length === 0 && this.#gathering.goesOn(this.#entries, this.#runtime.clock.now())) {
      this.#runtime.timers.soon(this.#writeSoon)
      return
    }
    this.#scheduled = false
    if (ready) this.#writeNext()
  }
  #syncing = false
  #syncBegunAt = 0
  readonly #gathering = new Gathering()
  #failed: Error | undefined
  /** To get a file for the next block. */
  #attempts = 0
  #whenIdle: (() => void)[] = []
  /** Only with `os`: files written to since they were synced last. */
  readonly #unsynced = new Set<Segment>()

  epoch: number

  constructor(
    runtime: Runtime,
    slabs: SlabQueue,
    pool: SegmentPool,
    listener: LogListener,
    settings: LogWriterSettings,
    start: { readonly epoch: number; readonly nextIndex: number; readonly full: readonly Segment[] },
  ) {
    this.#runtime = runtime
    this.#slabs = slabs
    this.#pool = pool
    this.#listener = listener
    this.#settings = settings
    this.#full.push(...start.full)
    this.epoch = start.epoch
    this.#nextIndex = start.nextIndex
    this.#slab = slabs.take(slabBytes)
  }

  /** Index the entry being built has, or the next one will have. */
  get nextIndex(): number {
    return this.#nextIndex
  }

  /** The slab of the entry being built: what `addEffect` answers are offsets into it. */
  get slab(): Slab {
    return this.#slab
  }

  /** What is left of the slab. */
  get freeBytes(): number {
    return this.#slab.bytes.length - this.#position
  }

  get failed(): Error | undefined {
    return this.#failed
  }

  beginEntry(): void {
    if (this.#entryStart >= 0) throw new Error('an entry was begun inside another')
    if (this.#position + entryHeaderBytes > this.#slab.bytes.length) this.#changeSlab(entryHeaderBytes)
    this.#entryStart = this.#position
    this.#position += entryHeaderBytes
    this.#effects = 0
  }

  /**
   * Makes room for an effect of this size in the entry being built. If the slab is full the entry moves to a new one;
   * then the answer is how far its effects moved, with `slab` already the new one.
   */
  ensureRoom(keyBytes: number, valueBytes: number): number | undefined {
    const needed = effectHeaderBytes + keyBytes + valueBytes
    if (this.#position + needed <= this.#slab.bytes.length) return undefined
    const from = this.#slab.bytes
    const [start, end] = [this.#entryStart, this.#position]
    this.#position = start
    // An entry larger than a slab doubles its room each time, or its effects would be copied once for each of them.
    const own = end - start + needed
    this.#changeSlab(own > slabBytes - blockHeaderBytes ? own + end - start : own)
    this.#entryStart = this.#position
    from.copy(this.#slab.bytes, this.#entryStart, start, end)
    this.#position += end - start
    return this.#entryStart - start
  }

  /** Adds an effect and answers its offset; its value starts `effectHeaderBytes + key.length` later and is the caller's to fill. */
  addEffect(space: Space, removes: boolean, key: Uint8Array, valueBytes: number): number {
    const { bytes } = this.#slab
    const offset = this.#position
    const keyBytes = key.length
    bytes[offset] = space
    bytes[offset + 1] = removes ? effectRemoves : 0
    bytes[offset + 2] = keyBytes & 0xff
    bytes[offset + 3] = keyBytes >>> 8
    bytes.writeUInt32LE(valueBytes, offset + 4)
    const keyStart = offset + effectHeaderBytes
    if (keyBytes < 64) for (let i = 0; i < keyBytes; i++) bytes[keyStart + i] = key[i]!
    else bytes.set(key, keyStart)
    this.#position = keyStart + keyBytes + valueBytes
    this.#effects += 1
    return offset
  }

  /** Completes the entry; answers its index. It will be durable when `onDurable` has reached that. */
  endEntry(): number {
    const { bytes } = this.#slab
    const start = this.#entryStart
    bytes.writeUInt32LE(this.#position - start, start)
    bytes[start + 4] = entryTypeEffects
    bytes.writeUIntLE(this.#effects, start + 5, 3)
    this.#entryStart = -1
    this.#entries += 1
    if (!this.#scheduled && !this.#syncing) this.#schedule()
    return this.#nextIndex++
  }

  /** Takes the entry being built back, as if it had never begun. */
  abandonEntry(): void {
    this.#position = this.#entryStart
    this.#entryStart = -1
  }

  /** Whether there are files that a flush of the engine could give back. */
  get hasFullSegments(): boolean {
    return this.#full.length > 0
  }

  /** Gives files back whose entries the engine has flushed. */
  releaseUpTo(flushedIndex: number): void {
    while (this.#full.length > 0 && this.#full[0]!.lastIndex <= flushedIndex) this.#pool.giveBack(this.#full.shift()!)
  }

  /** Whether there are blocks that were acknowledged without a datasync (`os`). */
  get hasUnsynced(): boolean {
    return this.#unsynced.size > 0
  }

  /** Makes the blocks acknowledged so far durable after all, before the engine may hold any of their effects. */
  async sync(): Promise<void> {
    const segments = [...this.#unsynced]
    this.#unsynced.clear()
    await Promise.all(segments.map(datasync))
  }

  /** Resolves when everything appended so far is durable or the log has failed. */
  idle(): Promise<void> {
    if (this.#failed !== undefined || (!this.#syncing && this.#entries === 0 && this.#ready.length === 0)) {
      return Promise.resolve()
    }
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  async close(): Promise<void> {
    await this.idle()
    for (const segment of this.#full) segment.file.close()
    this.#segment?.file.close()
    await this.#pool.close()
  }

  #schedule(): void {
    this.#scheduled = true
    this.#runtime.timers.soon(this.#writeSoon)
  }

  #changeSlab(needed: number): void {
    if (this.#entries > 0) this.#endBlock()
    else if (this.#slab.live === 0) this.#slabs.giveBack(this.#slab)
    this.#takeSlab(blockHeaderBytes + needed)
  }

  #takeSlab(neededBytes: number): void {
    this.#slab = this.#slabs.take(neededBytes)
    this.#blockStart = 0
    this.#position = blockHeaderBytes
  }

  /** Closes the block, and begins the next one behind it if there is room. */
  #closeBlock(): void {
    this.#endBlock()
    this.#blockStart = this.#position
    this.#position += blockHeaderBytes
    if (this.#position + entryHeaderBytes + effectHeaderBytes > this.#slab.bytes.length) this.#takeSlab(slabBytes)
  }

  #endBlock(): void {
    const firstIndex = this.#nextIndex - this.#entries
    this.#ready.push({
      slab: this.#slab,
      start: this.#blockStart,
      end: this.#position,
      firstIndex,
      entries: this.#entries,
    })
    this.#entries = 0
  }

  #writeNext(): void {
    if (this.#ready.length === 0 && this.#entries > 0) this.#closeBlock()
    const block = this.#ready.shift()
    if (block === undefined) return this.#settleIdle()
    let segment: Segment
    try {
      segment = this.#segmentFor(block.end - block.start)
    } catch (error) {
      return this.#retry(block, error as Error)
    }
    try {
      this.#write(block, segment)
    } catch (error) {
      return this.#fail(error as Error)
    }
    this.#attempts = 0
    // Outside the try: an error in what listens is no error of the disk.
    if (this.#settings.durability === 'os') {
      this.#unsynced.add(segment)
      return this.#durable(block)
    }
    this.#syncing = true
    this.#syncBegunAt = this.#runtime.clock.now()
    segment.file.datasync((error) => {
      this.#syncing = false
      this.statistics.syncs += 1
      if (error === null) {
        const now = this.#runtime.clock.now()
        this.#gathering.begin(block.entries, this.#entries, now - this.#syncBegunAt, now)
        this.#durable(block)
      } else this.#fail(error)
    })
  }

  /** Nothing of the block has been written. What takes the files of the process may give them back in a moment. */
  #retry(block: Block, error: Error): void {
    this.#attempts += 1
    if (!isOutOfFiles(error) || this.#attempts > maxAttempts) return this.#fail(error)
    this.#ready.unshift(block)
    this.#syncing = true
    this.#runtime.timers.after(retryMs, () => {
      this.#syncing = false
      this.#writeNext()
    })
  }

  #write({ slab, start, end, firstIndex, entries }: Block, segment: Segment): void {
    sealBlock(slab.bytes, start, end, segment.header.salt, this.epoch, firstIndex, entries)
    segment.file.write(slab.bytes, start, end, segment.position)
    segment.position += end - start
    segment.lastIndex = firstIndex + entries - 1
    this.statistics.blocks += 1
  }

  #durable({ start, end, firstIndex, entries }: Block): void {
    this.statistics.entries += entries
    this.statistics.bytes += end - start
    this.#listener.onDurable(firstIndex + entries - 1)
    if (this.#ready.length === 0 && this.#entries === 0) this.#settleIdle()
    else if (!this.#scheduled) this.#schedule()
  }

  #fail(error: Error): void {
    this.#failed = error
    this.#listener.onFailed(error)
    this.#settleIdle()
  }

  #settleIdle(): void {
    const waiting = this.#whenIdle
    this.#whenIdle = []
    for (const resolve of waiting) resolve()
  }

  #segmentFor(blockBytes: number): Segment {
    const current = this.#segment
    if (current !== undefined && current.position + blockBytes <= current.sizeBytes) return current
    this.#segment = this.#pool.take(blockBytes)
    if (current !== undefined) this.#full.push(current)
    return this.#segment
  }
}

function isOutOfFiles(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EMFILE' || error.code === 'ENFILE'
}

function datasync({ file }: Segment): Promise<void> {
  return new Promise((resolve, reject) => {
    file.datasync((error) => (error === null ? resolve() : reject(error)))
  })
}

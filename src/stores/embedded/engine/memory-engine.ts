import type { Runtime } from '../../../runtime/runtime.ts'
import { checkChanges } from './apply-rules.ts'
import { copyBytes } from './copy-bytes.ts'
import { type Change, recordSpace, type Space, type Visit, type VolatileEngine, type WalkRange } from './engine.ts'
import { KeyViews } from './key-views.ts'
import { MemoryOrder } from './memory-order.ts'
import {
  keyLengthAt,
  RecordTable,
  recordHeaderBytes,
  valueLengthAt,
  writeRecord,
  writeValue,
} from './memory-records.ts'
import { SlabMemory } from './slab-memory.ts'

const noBytes = new Uint8Array(0)
/** Records moved out of a sparse slab with each removal: enough to keep up with any sequence of removals. */
const movesPerRemoval = 4
/** Estimate of what the order costs, with its pages two thirds full. */
const orderBytesPerKey = 7

/**
 * The engine without files: records in slab memory, found through a hash table, ordered when somebody walks. A record
 * costs no object. Slots of one size that fall below half use are compacted a few records at a time.
 */
export class MemoryEngine implements VolatileEngine {
  readonly name = 'memory'
  readonly durable = false
  readonly syncReads = true
  private readonly memory = new SlabMemory()
  private readonly table: RecordTable
  private readonly order: MemoryOrder
  private readonly keys = new KeyViews()
  private records = 0
  /** The slab that is being emptied, and how far. */
  private emptying = -1
  private emptiedSlots = 0

  bytes: Uint8Array = noBytes
  start = 0
  end = 0

  constructor(runtime: Runtime) {
    this.table = new RecordTable(runtime.random.bytes(8), this.memory)
    this.order = new MemoryOrder(this.memory, runtime)
  }

  open(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  find(space: Space, key: Uint8Array): boolean {
    const ref = this.table.find(space, key)
    if (ref < 0) return false
    const { bytes } = this.memory.slabOf(ref)
    const at = this.memory.offsetOf(ref)
    this.bytes = bytes
    this.start = at + recordHeaderBytes + key.length
    this.end = this.start + valueLengthAt(bytes, at)
    return true
  }

  put(space: Space, key: Uint8Array, value: Uint8Array, start: number, end: number): void {
    const { memory } = this
    const size = recordHeaderBytes + key.length + end - start
    const old = this.table.find(space, key)
    if (old >= 0 && memory.fits(old, size)) {
      writeValue(memory.slabOf(old).bytes, memory.offsetOf(old), value, start, end)
      return
    }
    const ref = memory.allocate(size)
    writeRecord(memory, ref, space, key, value, start, end)
    this.table.set(space, key, ref)
    this.order.records?.insert(space, key, ref)
    if (old >= 0) this.free(old)
    else if (space === recordSpace) this.records += 1
  }

  remove(space: Space, key: Uint8Array): boolean {
    const ref = this.table.remove(space, key)
    if (ref < 0) return false
    this.order.records?.remove(space, key)
    if (space === recordSpace) this.records -= 1
    this.free(ref)
    return true
  }

  async fetch(space: Space, keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    return keys.map((key) => (this.find(space, key) ? this.bytes.slice(this.start, this.end) : undefined))
  }

  async apply(changes: readonly Change[], _mark: Uint8Array): Promise<void> {
    checkChanges(changes)
    for (const { space, key, value } of changes) {
      if (value === undefined) this.remove(space, key)
      else this.put(space, key, value, 0, value.length)
    }
  }

  /** There is no disk to be on. */
  flushed(): Promise<void> {
    return Promise.resolve()
  }

  walk(range: WalkRange, visit: Visit): undefined | Promise<void> {
    if (!this.order.complete) return this.order.build().then(() => this.walkNow(range, visit))
    this.walkNow(range, visit)
    return undefined
  }

  count(): { keys: number; exact: boolean } {
    return { keys: this.records, exact: true }
  }

  sizeBytes(): number {
    const ordered = this.order.records?.size ?? 0
    return this.memory.heldBytes + this.table.sizeBytes() + ordered * orderBytesPerKey
  }

  close(): Promise<void> {
    this.order.stop()
    return Promise.resolve()
  }

  private walkNow(range: WalkRange, visit: Visit): void {
    const { memory } = this
    let left = range.limit
    if (left <= 0) return
    this.order.records!.scan(range, (ref) => {
      const { bytes } = memory.slabOf(ref)
      const at = memory.offsetOf(ref)
      const keyStart = at + recordHeaderBytes
      const start = keyStart + keyLengthAt(bytes, at)
      left -= 1
      return visit(this.keys.take(bytes, keyStart, start), bytes, start, start + valueLengthAt(bytes, at)) && left > 0
    })
  }

  private free(ref: number): void {
    const { sizeClass } = this.memory.slabOf(ref)
    this.memory.free(ref)
    if (this.emptying < 0 && this.memory.sparse(sizeClass)) {
      this.emptying = this.memory.closeEmptiest(sizeClass)
      this.emptiedSlots = 0
    }
    if (this.emptying >= 0) this.emptySome()
  }

  /** Moves some records of the slab that is being emptied to other slabs of their size. */
  private emptySome(): void {
    const slab = this.memory.slabs[this.emptying]
    for (let moved = 0; moved < movesPerRemoval && slab?.closing === true && slab.live > 0; this.emptiedSlots++) {
      this.memory.forEachLive(this.emptying, this.emptiedSlots, this.emptiedSlots + 1, (ref) => {
        this.move(ref)
        moved += 1
      })
    }
    if (this.memory.slabs[this.emptying]?.closing !== true) this.emptying = -1
  }

  private move(ref: number): void {
    const { bytes } = this.memory.slabOf(ref)
    const at = this.memory.offsetOf(ref)
    const space = bytes[at + 2]!
    const keyStart = at + recordHeaderBytes
    const end = keyStart + keyLengthAt(bytes, at) + valueLengthAt(bytes, at)
    const key = bytes.subarray(keyStart, keyStart + keyLengthAt(bytes, at))
    const to = this.memory.allocate(end - at)
    copyBytes(this.memory.slabOf(to).bytes, this.memory.offsetOf(to), bytes, at, end)
    this.table.set(space, key, to)
    this.order.records?.insert(space, key, to)
    this.memory.free(ref)
  }
}

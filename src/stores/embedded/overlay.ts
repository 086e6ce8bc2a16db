import type { Space } from './engine/engine.ts'
import { KeyTable } from './index/key-table.ts'
import { effectHeaderBytes, effectRemoves } from './log/block.ts'
import type { Slab } from './log/slab.ts'
import { type EffectKeys, OverlayOrder } from './overlay-order.ts'

const refMask = 0x7fffffff
const firstCapacity = 1024

/**
 * What has been written to the log and not yet applied to the engine, in order, and the newest effect of each key. Reads
 * look here first. An effect is addressed by its sequence number; `ref` is that number modulo 2^31. The bytes stay in
 * the slabs that were written to disk: nothing is copied.
 */
export class Overlay extends KeyTable implements EffectKeys {
  /** Sequence number of the oldest effect held, and of the next one. */
  #head = 0
  #tail = 0
  #slabs: (Slab | undefined)[] = new Array(firstCapacity).fill(undefined)
  #offsets = new Int32Array(firstCapacity)
  #indexes = new Float64Array(firstCapacity)
  /** Of each effect's key, so that applying it looks at no key again. */
  #hashes = new Int32Array(firstCapacity)
  #order: OverlayOrder | undefined
  /** Effects below this sequence number are in the order, if there is one. */
  #ordered = 0

  get head(): number {
    return this.#head
  }

  get tail(): number {
    return this.#tail
  }

  /** Adds the effect at `offset` of `slab`, which belongs to log entry `index`; answers the ref it replaced or -1. */
  push(slab: Slab, offset: number, index: number): number {
    const { bytes } = slab
    const space = bytes[offset] as Space
    const start = offset + effectHeaderBytes
    const end = start + keyLength(bytes, offset)
    if (this.#tail - this.#head === this.#offsets.length) this.#grow()
    const at = this.#tail & (this.#offsets.length - 1)
    this.#slabs[at] = slab
    this.#offsets[at] = offset
    this.#indexes[at] = index
    const hash = this.hashOf(space, bytes, start, end)
    this.#hashes[at] = hash
    slab.live += 1
    const ref = this.#tail & refMask
    if (this.#order !== undefined && this.#ordered === this.#tail) {
      this.#order.insert(space, bytes.subarray(start, end), ref)
      this.#ordered += 1
    }
    this.#tail += 1
    return this.setHashed(hash, space, bytes, ref, start, end)
  }

  /** Takes back the newest effect, putting back what it replaced (a ref that `push` answered). */
  pop(space: Space, key: Uint8Array, replaced: number): void {
    if (this.#order !== undefined && this.#ordered === this.#tail) {
      if (replaced === -1) this.#order.remove(space, key)
      else this.#order.insert(space, key, replaced)
      this.#ordered -= 1
    }
    if (replaced === -1) this.remove(space, key)
    else this.set(space, key, replaced)
    this.#tail -= 1
    const at = this.#tail & (this.#offsets.length - 1)
    this.#slabs[at]!.live -= 1
    this.#slabs[at] = undefined
  }

  /** The effects since `sequence` have moved to another slab, `delta` bytes further; answers the slab they left. */
  relocate(sequence: number, to: Slab, delta: number): Slab | undefined {
    let from: Slab | undefined
    for (let each = sequence; each < this.#tail; each++) {
      const at = each & (this.#offsets.length - 1)
      from = this.#slabs[at]!
      from.live -= 1
      to.live += 1
      this.#slabs[at] = to
      this.#offsets[at] = this.#offsets[at]! + delta
    }
    return from
  }

  /** Drops the oldest effect once the engine has it; answers its slab. */
  shift(): Slab {
    const ref = this.#head & refMask
    const newest = this.isNewest(ref)
    if (this.#order !== undefined && this.#head < this.#ordered) {
      // While the order is being built a newer effect on the key may not be in it yet, and this one would stay behind.
      if (newest || this.#head + ((this.newestAt(ref) - ref) & refMask) >= this.#ordered)
        this.#order.remove(this.spaceAt(ref), this.keyAt(ref))
    }
    if (newest) this.removeRef(this.#hashAt(ref), ref)
    const at = this.#head & (this.#offsets.length - 1)
    const slab = this.#slabs[at]!
    this.#slabs[at] = undefined
    slab.live -= 1
    this.#head += 1
    if (this.#ordered < this.#head) this.#ordered = this.#head
    return slab
  }

  /** The overlay's keys in order, once `buildOrder` has said that it is complete. */
  get order(): OverlayOrder | undefined {
    return this.#ordered === this.#tail ? this.#order : undefined
  }

  /** Adds up to `most` effects to the ordered view; true when it is complete, and from then on kept up to date. */
  buildOrder(most: number): boolean {
    if (this.#order === undefined) {
      this.#order = new OverlayOrder(this)
      this.#ordered = this.#head
    }
    for (let i = 0; i < most && this.#ordered < this.#tail; i++, this.#ordered++) {
      const ref = this.#ordered & refMask
      const space = this.spaceAt(ref)
      const key = this.keyAt(ref)
      if (this.find(space, key) === ref) this.#order.insert(space, key, ref)
    }
    return this.#ordered === this.#tail
  }

  dropOrder(): void {
    this.#order = undefined
  }

  refAt(sequence: number): number {
    return sequence & refMask
  }

  /** The newest effect on the key that `ref` concerns. */
  newestAt(ref: number): number {
    const { bytes } = this.slabAt(ref)
    const offset = this.offsetAt(ref)
    const start = offset + effectHeaderBytes
    return this.findHashed(this.#hashAt(ref), bytes[offset]!, bytes, start, start + keyLength(bytes, offset))
  }

  /** Whether no newer effect concerns the same key. */
  isNewest(ref: number): boolean {
    return this.holdsRef(this.#hashAt(ref), ref)
  }

  /** Whether the effect has not been dropped yet. */
  holds(ref: number): boolean {
    return ((ref - this.#head) & refMask) < this.#tail - this.#head
  }

  slabAt(ref: number): Slab {
    return this.#slabs[ref & (this.#offsets.length - 1)]!
  }

  offsetAt(ref: number): number {
    return this.#offsets[ref & (this.#offsets.length - 1)]!
  }

  /** Index of the log entry an effect belongs to. */
  indexAt(ref: number): number {
    return this.#indexes[ref & (this.#offsets.length - 1)]!
  }

  spaceAt(ref: number): Space {
    return this.slabAt(ref).bytes[this.offsetAt(ref)] as Space
  }

  removesAt(ref: number): boolean {
    return (this.slabAt(ref).bytes[this.offsetAt(ref) + 1]! & effectRemoves) !== 0
  }

  /** A view of the key; valid while the effect is held. */
  keyAt(ref: number): Uint8Array {
    const { bytes } = this.slabAt(ref)
    const offset = this.offsetAt(ref)
    const start = offset + effectHeaderBytes
    return bytes.subarray(start, start + keyLength(bytes, offset))
  }

  /** Negative, 0 or positive as the key sorts before, is, or sorts after `key`, as unsigned bytes. */
  compareKeyAt(ref: number, key: Uint8Array): number {
    const { bytes } = this.slabAt(ref)
    const offset = this.offsetAt(ref)
    const length = keyLength(bytes, offset)
    const start = offset + effectHeaderBytes
    const common = Math.min(length, key.length)
    for (let i = 0; i < common; i++) {
      const difference = bytes[start + i]! - key[i]!
      if (difference !== 0) return difference
    }
    return length - key.length
  }

  /** Where the value begins and ends in the slab. */
  valueStartAt(ref: number): number {
    const offset = this.offsetAt(ref)
    return offset + effectHeaderBytes + keyLength(this.slabAt(ref).bytes, offset)
  }

  valueEndAt(ref: number): number {
    return this.valueStartAt(ref) + this.slabAt(ref).bytes.readUInt32LE(this.offsetAt(ref) + 4)
  }

  protected override equals(ref: number, space: number, key: Uint8Array, start: number, end: number): boolean {
    const at = ref & (this.#offsets.length - 1)
    const { bytes } = this.#slabs[at]!
    const offset = this.#offsets[at]!
    const length = end - start
    if (bytes[offset] !== space || keyLength(bytes, offset) !== length) return false
    const keyStart = offset + effectHeaderBytes
    for (let i = 0; i < length; i++) if (bytes[keyStart + i] !== key[start + i]) return false
    return true
  }

  #hashAt(ref: number): number {
    return this.#hashes[ref & (this.#hashes.length - 1)]!
  }

  #grow(): void {
    const before = this.#offsets.length
    const slabs = new Array<Slab | undefined>(before * 2).fill(undefined)
    const offsets = new Int32Array(before * 2)
    const indexes = new Float64Array(before * 2)
    const hashes = new Int32Array(before * 2)
    for (let sequence = this.#head; sequence < this.#tail; sequence++) {
      const from = sequence & (before - 1)
      const to = sequence & (before * 2 - 1)
      slabs[to] = this.#slabs[from]
      offsets[to] = this.#offsets[from]!
      indexes[to] = this.#indexes[from]!
      hashes[to] = this.#hashes[from]!
    }
    this.#slabs = slabs
    this.#offsets = offsets
    this.#indexes = indexes
    this.#hashes = hashes
  }
}

/** Length of the key of the effect at `offset`. */
function keyLength(bytes: Uint8Array, offset: number): number {
  return bytes[offset + 2]! | (bytes[offset + 3]! << 8)
}

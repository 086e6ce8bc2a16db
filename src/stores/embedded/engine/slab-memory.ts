import { classCount, classOf, largestSlotBytes, slotBytesOf } from './size-classes.ts'

const slabBytes = 262_144
const slotBits = 13
const slotMask = (1 << slotBits) - 1
const maxSlabs = 1 << (31 - slotBits)
/** Records without a slab of their size are rounded up to this. */
const pageBytes = 4096
const noSlot = -1

/** What is known of one slab; its place in `SlabMemory.slabs` is its number. */
export interface Slab {
  readonly bytes: Uint8Array
  readonly slotBytes: number
  readonly slotCount: number
  /** A record of at most this many bytes is too small for these slots. */
  readonly tooSmallBytes: number
  /** Index in the list of slabs of its size, -1 for a record's own slab. */
  readonly sizeClass: number
  live: number
  /** Slots from here on were never used. */
  unused: number
  firstFree: number
  /** Place in the list of slabs with room, -1 if it is not there. */
  openAt: number
  /** No longer allocated from, because its records are being moved out. */
  closing: boolean
}

/**
 * Memory for many records of any size, as numbered slots in slabs of one slot size each, so that a record costs no
 * object. A slot is addressed by a ref (0 .. 2^31 - 1). The first two bytes of a slot tell whether it is in use: owners
 * keep them non-zero, free slots have them 0. Empty slabs are given back, except for one of each size.
 */
export class SlabMemory {
  readonly slabs: (Slab | undefined)[] = []
  private readonly freeNumbers: number[] = []
  /** Numbers of the slabs with room, for each size class. */
  private readonly open: number[][] = Array.from({ length: classCount }, () => [])
  /** For each size class, how many slots there are and how many of them are in use. */
  private readonly slots = new Float64Array(classCount)
  private readonly live = new Float64Array(classCount)
  /** Bytes of all slabs. */
  heldBytes = 0

  slabOf(ref: number): Slab {
    return this.slabs[ref >>> slotBits]!
  }

  offsetOf(ref: number): number {
    return (ref & slotMask) * this.slabs[ref >>> slotBits]!.slotBytes
  }

  /** Whether a record of `bytes` belongs into the slot it has. */
  fits(ref: number, bytes: number): boolean {
    const slab = this.slabOf(ref)
    return bytes <= slab.slotBytes && bytes > slab.tooSmallBytes
  }

  allocate(bytes: number): number {
    if (bytes > largestSlotBytes) return this.addOwn(bytes) << slotBits
    const sizeClass = classOf(bytes)
    const open = this.open[sizeClass]!
    const number = open.length > 0 ? open[open.length - 1]! : this.add(sizeClass)
    const slab = this.slabs[number]!
    let slot = slab.firstFree
    if (slot === noSlot) slot = slab.unused++
    else slab.firstFree = readNext(slab, slot)
    slab.live += 1
    this.live[sizeClass]! += 1
    if (slab.live === slab.slotCount) this.shut(slab)
    return (number << slotBits) | slot
  }

  free(ref: number): void {
    const number = ref >>> slotBits
    const slab = this.slabs[number]!
    slab.live -= 1
    if (slab.sizeClass < 0) {
      this.drop(number, slab)
      return
    }
    this.live[slab.sizeClass]! -= 1
    writeFree(slab, ref & slotMask, slab.firstFree)
    slab.firstFree = ref & slotMask
    if (slab.live === 0 && (slab.closing || this.open[slab.sizeClass]!.length > 1)) this.drop(number, slab)
    else if (slab.openAt < 0 && !slab.closing) this.reopen(number, slab)
  }

  /** Whether less than half of the slots of this size are in use, and at least two slabs could be saved. */
  sparse(sizeClass: number): boolean {
    if (sizeClass < 0) return false
    const live = this.live[sizeClass]!
    return this.slots[sizeClass]! - live > live + (2 * slabBytes) / slotBytesOf(sizeClass)
  }

  /** Takes the emptiest slab of a size out of use, for its records to be moved out; answers its number. */
  closeEmptiest(sizeClass: number): number {
    const open = this.open[sizeClass]!
    const live = (number: number): number => this.slabs[number]!.live
    const number = open.reduce((best, each) => (live(each) < live(best) ? each : best))
    const slab = this.slabs[number]!
    this.shut(slab)
    slab.closing = true
    return number
  }

  /** Calls `visit` with the refs in use among slots `from` .. `to - 1` of a slab that may be gone. */
  forEachLive(number: number, from: number, to: number, visit: (ref: number) => void): void {
    const slab = this.slabs[number]
    if (slab === undefined) return
    for (let slot = from; slot < Math.min(to, slab.unused); slot++) {
      const at = slot * slab.slotBytes
      if (slab.bytes[at] !== 0 || slab.bytes[at + 1] !== 0) visit((number << slotBits) | slot)
    }
  }

  private add(sizeClass: number): number {
    const slotBytes = slotBytesOf(sizeClass)
    const slotCount = Math.floor(slabBytes / slotBytes)
    const tooSmallBytes = sizeClass === 0 ? 0 : slotBytesOf(sizeClass - 1)
    const number = this.install(slabBytes, { slotBytes, slotCount, tooSmallBytes, sizeClass })
    this.slots[sizeClass]! += slotCount
    this.reopen(number, this.slabs[number]!)
    return number
  }

  private addOwn(bytes: number): number {
    const slotBytes = Math.ceil(bytes / pageBytes) * pageBytes
    const tooSmallBytes = Math.max(largestSlotBytes, Math.floor(slotBytes * 0.75))
    const number = this.install(slotBytes, { slotBytes, slotCount: 1, tooSmallBytes, sizeClass: -1 })
    const slab = this.slabs[number]!
    slab.live = 1
    slab.unused = 1
    return number
  }

  private install(bytes: number, shape: Pick<Slab, 'slotBytes' | 'slotCount' | 'tooSmallBytes' | 'sizeClass'>): number {
    const number = this.freeNumbers.pop() ?? this.slabs.length
    if (number === maxSlabs) throw new Error('the memory engine is out of slab numbers')
    const state = { live: 0, unused: 0, firstFree: noSlot, openAt: -1, closing: false }
    this.slabs[number] = { bytes: new Uint8Array(bytes), ...shape, ...state }
    this.heldBytes += bytes
    return number
  }

  private drop(number: number, slab: Slab): void {
    if (slab.openAt >= 0) this.shut(slab)
    if (slab.sizeClass >= 0) this.slots[slab.sizeClass]! -= slab.slotCount
    this.heldBytes -= slab.bytes.length
    this.slabs[number] = undefined
    this.freeNumbers.push(number)
  }

  private reopen(number: number, slab: Slab): void {
    slab.openAt = this.open[slab.sizeClass]!.push(number) - 1
  }

  private shut(slab: Slab): void {
    const open = this.open[slab.sizeClass]!
    const last = open.pop()!
    if (slab.openAt < open.length) {
      open[slab.openAt] = last
      this.slabs[last]!.openAt = slab.openAt
    }
    slab.openAt = -1
  }
}

function readNext({ bytes, slotBytes }: Slab, slot: number): number {
  const at = slot * slotBytes
  return (bytes[at + 4]! | (bytes[at + 5]! << 8)) - 1
}

function writeFree({ bytes, slotBytes }: Slab, slot: number, next: number): void {
  const at = slot * slotBytes
  bytes[at] = 0
  bytes[at + 1] = 0
  bytes[at + 4] = (next + 1) & 0xff
  bytes[at + 5] = (next + 1) >>> 8
}

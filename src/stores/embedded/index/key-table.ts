import { keyHash } from './key-hash.ts'

/** Slots of a segment before it splits instead of growing: splitting moves this many entries, in well under 1 ms. */
const fullSegmentSlots = 8192
const firstSegmentSlots = 64
/** Segments do not shrink below this: the memory is not worth the moves. */
const smallestShrunkSlots = 1024
/** Bits of the hash that the directory may use; beyond, segments grow in place (more than 300 M keys). */
const maxDirectoryBits = 16

/**
 * Part of the table: open addressing with linear probing. Slot i is the pair `slots[2i]` = hash, `slots[2i + 1]` =
 * `~ref`, which is never 0, so that 0 means empty.
 */
interface Segment {
  slots: Int32Array
  mask: number
  count: number
  /** How many leading bits of the hash all its entries share. */
  bits: number
}

function newSegment(slotCount: number, bits: number): Segment {
  return { slots: new Int32Array(slotCount * 2), mask: slotCount - 1, count: 0, bits }
}

/** Adds an entry that is known to be absent, to a segment that is known to have room. */
function place(segment: Segment, hash: number, code: number): void {
  const { slots, mask } = segment
  let slot = hash & mask
  while (slots[slot * 2 + 1] !== 0) slot = (slot + 1) & mask
  slots[slot * 2] = hash
  slots[slot * 2 + 1] = code
  segment.count += 1
}

/**
 * A hash table from (space, key bytes) to a number `ref` in 0 .. 2^31 - 1 that the caller owns. The table holds no key:
 * `equals` asks the caller. It grows by extendible hashing (Fagin et al., "Extendible Hashing", 1979): a full segment
 * splits in two by the next bit of its hashes, so no insert moves more than 8,192 entries and none re-reads a key.
 * Removal shifts entries back (Knuth 6.4, algorithm R), so there are no tombstones.
 */
export abstract class KeyTable {
  private readonly seed: Int32Array
  private directory: Segment[] = [newSegment(firstSegmentSlots, 0)]
  private directoryBits = 0
  private entries = 0

  /** `seed`: at least 8 unpredictable bytes, so that clients cannot choose keys that collide. */
  constructor(seed: Uint8Array) {
    const view = new DataView(seed.buffer, seed.byteOffset, seed.byteLength)
    this.seed = Int32Array.of(view.getInt32(0, true), view.getInt32(4, true))
  }

  /** Whether `ref` stands for the key `bytes[start..end)`. Called with refs that were set and not removed. */
  protected abstract equals(ref: number, space: number, bytes: Uint8Array, start: number, end: number): boolean

  get size(): number {
    return this.entries
  }

  /** The hash of a key. Whoever keeps it with a ref spares this table to make it again, or to compare keys. */
  hashOf(space: number, bytes: Uint8Array, start = 0, end: number = bytes.length): number {
    return keyHash(this.seed, space, bytes, start, end)
  }

  /** The ref of the key `bytes[start..end)`, -1 if it is absent. */
  find(space: number, bytes: Uint8Array, start = 0, end: number = bytes.length): number {
    return this.findHashed(keyHash(this.seed, space, bytes, start, end), space, bytes, start, end)
  }

  protected findHashed(hash: number, space: number, bytes: Uint8Array, start: number, end: number): number {
    const { slots, mask } = this.directory[this.directoryIndex(hash)]!
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const code = slots[slot * 2 + 1]!
      if (code === 0) return -1
      if (slots[slot * 2] === hash && this.equals(~code, space, bytes, start, end)) return ~code
    }
  }

  /** Maps a key to `ref`; answers the ref it had, -1 if it was absent. */
  set(space: number, bytes: Uint8Array, ref: number, start = 0, end: number = bytes.length): number {
    return this.setHashed(keyHash(this.seed, space, bytes, start, end), space, bytes, ref, start, end)
  }

  protected setHashed(hash: number, space: number, bytes: Uint8Array, ref: number, start: number, end: number): number {
    const segment = this.directory[this.directoryIndex(hash)]!
    const { slots, mask } = segment
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const code = slots[slot * 2 + 1]!
      if (code === 0) break
      if (slots[slot * 2] === hash && this.equals(~code, space, bytes, start, end)) {
        slots[slot * 2 + 1] = ~ref
        return ~code
      }
    }
    this.entries += 1
    if ((segment.count + 1) * 4 > (mask + 1) * 3) this.makeRoom(segment, hash)
    place(this.directory[this.directoryIndex(hash)]!, hash, ~ref)
    return -1
  }

  /** Whether a key of this hash stands for `ref`: without a look at any key. */
  protected holdsRef(hash: number, ref: number): boolean {
    const { slots, mask } = this.directory[this.directoryIndex(hash)]!
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const code = slots[slot * 2 + 1]!
      if (code === ~ref) return true
      if (code === 0) return false
    }
  }

  /** Forgets a key; answers the ref it had, -1 if it was absent. */
  remove(space: number, bytes: Uint8Array, start = 0, end: number = bytes.length): number {
    const hash = keyHash(this.seed, space, bytes, start, end)
    const ref = this.findHashed(hash, space, bytes, start, end)
    if (ref >= 0) this.removeRef(hash, ref)
    return ref
  }

  /** Forgets the key of this hash that stands for `ref`; false if there is none. */
  protected removeRef(hash: number, ref: number): boolean {
    const segment = this.directory[this.directoryIndex(hash)]!
    const { slots, mask } = segment
    let hole = hash & mask
    for (; slots[hole * 2 + 1] !== ~ref; hole = (hole + 1) & mask) if (slots[hole * 2 + 1] === 0) return false
    for (let next = (hole + 1) & mask; slots[next * 2 + 1] !== 0; next = (next + 1) & mask) {
      const home = slots[next * 2]! & mask
      if (((next - home) & mask) < ((next - hole) & mask)) continue
      slots[hole * 2] = slots[next * 2]!
      slots[hole * 2 + 1] = slots[next * 2 + 1]!
      hole = next
    }
    slots[hole * 2 + 1] = 0
    segment.count -= 1
    this.entries -= 1
    if (segment.count * 8 < mask && mask >= smallestShrunkSlots) this.resize(segment, (mask + 1) / 2)
    return true
  }

  clear(): void {
    this.directory = [newSegment(firstSegmentSlots, 0)]
    this.directoryBits = 0
    this.entries = 0
  }

  /** Bytes of the table's own arrays. */
  sizeBytes(): number {
    let bytes = this.directory.length * 8
    for (let i = 0; i < this.directory.length; ) {
      const segment = this.directory[i]!
      bytes += segment.slots.byteLength
      i += 1 << (this.directoryBits - segment.bits)
    }
    return bytes
  }

  private directoryIndex(hash: number): number {
    return (hash >>> 16) >>> (16 - this.directoryBits)
  }

  private makeRoom(segment: Segment, hash: number): void {
    const slotCount = segment.mask + 1
    if (slotCount < fullSegmentSlots || segment.bits === maxDirectoryBits) this.resize(segment, slotCount * 2)
    else this.split(segment, hash)
  }

  private resize(segment: Segment, slotCount: number): void {
    const from = segment.slots
    segment.slots = new Int32Array(slotCount * 2)
    segment.mask = slotCount - 1
    segment.count = 0
    for (let i = 0; i < from.length; i += 2) {
      if (from[i + 1] !== 0) place(segment, from[i]!, from[i + 1]!)
    }
  }

  /** Replaces the segment that `hash` leads to by two. One of them may stay as full as it was, but never fuller. */
  private split(segment: Segment, hash: number): void {
    if (segment.bits === this.directoryBits) {
      this.directory = this.directory.flatMap((each) => [each, each])
      this.directoryBits += 1
    }
    const bits = segment.bits + 1
    const halves = [newSegment(segment.mask + 1, bits), newSegment(segment.mask + 1, bits)] as const
    const from = segment.slots
    for (let i = 0; i < from.length; i += 2) {
      if (from[i + 1] !== 0) place(halves[(from[i]! >>> (32 - bits)) & 1]!, from[i]!, from[i + 1]!)
    }
    const span = 1 << (this.directoryBits - bits)
    const first = this.directoryIndex(hash) & ~(2 * span - 1)
    this.directory.fill(halves[0], first, first + span).fill(halves[1], first + span, first + 2 * span)
  }
}

import { KeyTable } from '../index/key-table.ts'
import { OrderedIndex } from '../index/ordered-index.ts'
import { copyBytes } from './copy-bytes.ts'
import type { SlabMemory } from './slab-memory.ts'

/** Before the key: its length (2 bytes, never 0), the space (1), nothing (1), the length of the value (4). */
export const recordHeaderBytes = 8

/** Writes a whole record into its slot. */
export function writeRecord(
  memory: SlabMemory,
  ref: number,
  space: number,
  key: Uint8Array,
  value: Uint8Array,
  start: number,
  end: number,
): void {
  const { bytes } = memory.slabOf(ref)
  const at = memory.offsetOf(ref)
  bytes[at] = key.length & 0xff
  bytes[at + 1] = key.length >>> 8
  bytes[at + 2] = space
  copyBytes(bytes, at + recordHeaderBytes, key, 0, key.length)
  writeValue(bytes, at, value, start, end)
}

/** Replaces the value of the record at `at`. */
export function writeValue(bytes: Uint8Array, at: number, value: Uint8Array, start: number, end: number): void {
  const length = end - start
  bytes[at + 4] = length & 0xff
  bytes[at + 5] = (length >>> 8) & 0xff
  bytes[at + 6] = (length >>> 16) & 0xff
  bytes[at + 7] = length >>> 24
  copyBytes(bytes, at + recordHeaderBytes + keyLengthAt(bytes, at), value, start, end)
}

export function keyLengthAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8)
}

export function valueLengthAt(bytes: Uint8Array, at: number): number {
  return bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24)
}

/** The records by key. */
export class RecordTable extends KeyTable {
  private readonly memory: SlabMemory

  constructor(seed: Uint8Array, memory: SlabMemory) {
    super(seed)
    this.memory = memory
  }

  protected override equals(ref: number, space: number, key: Uint8Array, start: number, end: number): boolean {
    const { bytes } = this.memory.slabOf(ref)
    const at = this.memory.offsetOf(ref)
    const length = end - start
    if (keyLengthAt(bytes, at) !== length || bytes[at + 2] !== space) return false
    const keyStart = at + recordHeaderBytes
    for (let i = 0; i < length; i++) if (bytes[keyStart + i] !== key[start + i]) return false
    return true
  }
}

/** The records in key order. */
export class RecordOrder extends OrderedIndex {
  private readonly memory: SlabMemory

  constructor(memory: SlabMemory) {
    super()
    this.memory = memory
  }

  override compare(ref: number, space: number, key: Uint8Array): number {
    const { bytes } = this.memory.slabOf(ref)
    const at = this.memory.offsetOf(ref)
    if (bytes[at + 2] !== space) return bytes[at + 2]! - space
    const length = keyLengthAt(bytes, at)
    const common = Math.min(length, key.length)
    const start = at + recordHeaderBytes
    for (let i = 0; i < common; i++) {
      const difference = bytes[start + i]! - key[i]!
      if (difference !== 0) return difference
    }
    return length - key.length
  }

  override keyOf(ref: number): Uint8Array {
    const { bytes } = this.memory.slabOf(ref)
    const at = this.memory.offsetOf(ref)
    return bytes.slice(at + recordHeaderBytes, at + recordHeaderBytes + keyLengthAt(bytes, at))
  }

  override headOf(ref: number, skip: number): number {
    const { bytes } = this.memory.slabOf(ref)
    const at = this.memory.offsetOf(ref)
    const end = at + recordHeaderBytes + keyLengthAt(bytes, at)
    const first = at + recordHeaderBytes + skip
    let head = 0
    for (let i = first; i < end && i < first + 4; i++) head |= bytes[i]! << (24 - ((i - first) << 3))
    return head ^ 0x80000000
  }

  /** Adds a record whose key it reads itself. */
  add(ref: number): void {
    const { bytes } = this.memory.slabOf(ref)
    const at = this.memory.offsetOf(ref)
    const start = at + recordHeaderBytes
    this.insert(bytes[at + 2]!, bytes.subarray(start, start + keyLengthAt(bytes, at)), ref)
  }
}

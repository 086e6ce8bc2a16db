import type { DiskFile } from '../../../runtime/disk.ts'
import {
  type BlockHeader,
  beginsBlock,
  blockHeaderBytes,
  blockLengthAt,
  blockMagicBytes,
  openBlock,
  type Salt,
} from './block.ts'

const windowBytes = 1 << 20
const noBytes = Buffer.alloc(0)

/**
 * The blocks of a log file, read through a window that stays in the processor's cache: reading whole files into fresh
 * memory took four times as long. The window grows for a block that is larger, up to the size of the file.
 */
export class SegmentWindow {
  /** What was looked at last is at `start` of it; overwritten by the next call. */
  bytes: Buffer = noBytes
  start = 0
  #file: DiskFile | undefined
  /** Of the file: where the window begins, where it ends, and where the file does. */
  #from = 0
  #until = 0
  #size = 0

  /** Goes to the beginning of another file. */
  open(file: DiskFile, sizeBytes: number): void {
    this.#file = file
    this.#from = 0
    this.#until = 0
    this.#size = sizeBytes
  }

  /** The intact block at `position` of the file, which begins at `start` of `bytes` then; undefined if there is none. */
  blockAt(position: number, salt: Salt): BlockHeader | undefined {
    if (!this.#hold(position, blockHeaderBytes) || !beginsBlock(this.bytes, this.start, salt)) return undefined
    const lengthBytes = blockLengthAt(this.bytes, this.start)
    if (!this.#hold(position, lengthBytes)) return undefined
    return openBlock(this.bytes, this.start, this.start + lengthBytes, salt)
  }

  /** How many bytes at `position` belong to a block of this salt that is not whole; 0: none seems to begin there. */
  tornBytesAt(position: number, salt: Salt): number {
    if (!this.#hold(position, blockHeaderBytes) || !beginsBlock(this.bytes, this.start, salt)) return 0
    return Math.min(Math.max(blockLengthAt(this.bytes, this.start), blockHeaderBytes), this.#size - position)
  }

  /** The intact blocks of this salt from `position` on, whatever is between them. */
  *blocksAfter(position: number, salt: Salt): Generator<BlockHeader> {
    for (let at = this.#findMagic(position); at >= 0; at = this.#findMagic(at + 1)) {
      const header = this.blockAt(at, salt)
      if (header !== undefined) yield header
    }
  }

  #findMagic(position: number): number {
    for (let at = position; this.#hold(at, blockHeaderBytes); at = this.#until - blockMagicBytes.length + 1) {
      const found = this.bytes.subarray(0, this.#until - this.#from).indexOf(blockMagicBytes, this.start)
      if (found >= 0) return this.#from + found
    }
    return -1
  }

  /** Has `length` bytes at `position` in the window; false if the file ends before. */
  #hold(position: number, length: number): boolean {
    if (position + length > this.#size) return false
    if (position < this.#from || position + length > this.#until) this.#fill(position, length)
    this.start = position - this.#from
    return position + length <= this.#until
  }

  #fill(position: number, length: number): void {
    const wanted = Math.min(Math.max(length, windowBytes), this.#size - position)
    if (this.bytes.length < wanted) this.bytes = Buffer.allocUnsafeSlow(Math.max(wanted, windowBytes))
    this.#from = position
    this.#until = position + this.#file!.read(this.bytes, 0, wanted, position)
  }
}

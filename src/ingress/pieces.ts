import type { Scratch } from './scratch.ts'

/** Bytes to be written, in a scratch or in memory of their own. */
export interface Piece {
  bytes: Buffer
  start: number
  end: number
  /** Undefined: memory of its own. */
  scratch: Scratch | undefined
}

const noBytes = Buffer.alloc(0)

/**
 * The sealed pieces of one connection, in order. Almost every flush finds none or one: the list and its first piece are
 * used again, since to shorten an array and let it grow again costs more than all the rest.
 */
export class Pieces {
  length = 0
  private readonly items: Piece[] = []

  push(bytes: Buffer, start: number, end: number, scratch: Scratch | undefined): void {
    const piece = this.items[this.length]
    if (piece === undefined) this.items.push({ bytes, start, end, scratch })
    else {
      piece.bytes = bytes
      piece.start = start
      piece.end = end
      piece.scratch = scratch
    }
    this.length++
  }

  /** The only piece; `dropOnly` is to follow. */
  get only(): Piece {
    return this.items[0]!
  }

  /** The only piece was dealt with. Throws if there is not exactly one. */
  dropOnly(): void {
    if (this.length !== 1) throw new Error(`there are ${this.length} pieces, not one`)
    const { only } = this
    only.bytes = noBytes
    only.scratch = undefined
    this.length = 0
  }

  /** Takes those out that were pushed when there were `mark`, or more. Throws if there are fewer than that. */
  takeFrom(mark: number): Piece[] {
    if (mark > this.length) throw new Error(`there are ${this.length} pieces, fewer than ${mark}`)
    const taken = this.items.splice(mark)
    taken.length = this.length - mark
    this.length = mark
    return taken
  }
}

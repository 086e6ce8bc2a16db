/**
 * A piece of memory that holds the image of log blocks from their making until the engine has applied them. Slabs are
 * filled in order and given back in order; an effect too large for one gets its own.
 */
export interface Slab {
  readonly bytes: Buffer
  /** Effects in it that are not applied yet; given back when it is zero and the slab is not the last. */
  live: number
}

export const slabBytes = 1 << 20

/** The slabs of one shard in order of filling, with the bytes they hold, bounded by whoever admits writes. */
export class SlabQueue {
  readonly #spares: Slab[] = []
  #heldBytes = 0

  /** Memory of all slabs in use. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  take(neededBytes: number): Slab {
    const spare = neededBytes <= slabBytes ? this.#spares.pop() : undefined
    const slab = spare ?? { bytes: Buffer.allocUnsafeSlow(Math.max(slabBytes, neededBytes)), live: 0 }
    this.#heldBytes += slab.bytes.length
    return slab
  }

  giveBack(slab: Slab): void {
    this.#heldBytes -= slab.bytes.length
    if (slab.bytes.length === slabBytes && this.#spares.length < 8) this.#spares.push(slab)
  }
}

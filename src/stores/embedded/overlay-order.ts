import type { Space } from './engine/engine.ts'
import { OrderedIndex } from './index/ordered-index.ts'

/** Where an ordered view finds the keys of the effects it orders. */
export interface EffectKeys {
  spaceAt(ref: number): Space
  keyAt(ref: number): Uint8Array
  compareKeyAt(ref: number, key: Uint8Array): number
}

/**
 * The overlay's keys in order. Scans need it, plain reads and writes do not, so it is built when the first scan comes
 * and dropped when none has come for a while.
 */
export class OverlayOrder extends OrderedIndex {
  readonly #effects: EffectKeys

  constructor(effects: EffectKeys) {
    super()
    this.#effects = effects
  }

  override compare(ref: number, space: number, key: Uint8Array): number {
    const own = this.#effects.spaceAt(ref)
    return own === space ? this.#effects.compareKeyAt(ref, key) : own - space
  }

  override keyOf(ref: number): Uint8Array {
    return this.#effects.keyAt(ref)
  }
}

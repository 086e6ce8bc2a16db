import { copyAll } from './engine/copy-bytes.ts'

/** Keys by their place in a list. */
export interface KeyList {
  readonly length: number
  at(place: number): Uint8Array
}

/** The keys of a body, good for the call that delivered it. */
export class LentKeys implements KeyList {
  readonly #keys: readonly Uint8Array[]

  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys
  }

  get length(): number {
    return this.#keys.length
  }

  at(place: number): Uint8Array {
    return this.#keys[place]!
  }
}

/** A copy of the keys in one piece of memory: a long list is copied within a turn of the event loop. */
export class OwnKeys implements KeyList {
  readonly #bytes: Buffer
  /** Where each key ends. */
  readonly #ends: Uint32Array
  readonly length: number

  constructor(keys: KeyList) {
    this.length = keys.length
    this.#ends = new Uint32Array(keys.length)
    let total = 0
    for (let place = 0; place < keys.length; place++) {
      total += keys.at(place).length
      this.#ends[place] = total
    }
    this.#bytes = Buffer.allocUnsafeSlow(total)
    for (let place = 0; place < keys.length; place++) copyAll(this.#bytes, this.#startOf(place), keys.at(place))
  }

  at(place: number): Uint8Array {
    return this.#bytes.subarray(this.#startOf(place), this.#ends[place])
  }

  #startOf(place: number): number {
    return place === 0 ? 0 : this.#ends[place - 1]!
  }
}

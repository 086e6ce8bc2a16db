import { copyAll } from './copy-bytes.ts'
import type { Visit, WalkRange } from './engine.ts'
import { KeyViews } from './key-views.ts'
import type { LmdbCoder, LmdbDatabase } from './lmdb-binding.ts'

const noBytes = new Uint8Array(0)

/**
 * One key space in one lmdb database. Lookups and walks allocate as little as lmdb-js allows: keys are written straight
 * into its buffer, and what it read is seen through views that are kept.
 */
export class LmdbSpace implements LmdbCoder {
  #database: LmdbDatabase | undefined
  /** lmdb-js answers every lookup with one buffer, whose `length` it overwrites; this is an honest view of it. */
  #answered: Uint8Array | undefined
  #honest: Uint8Array = noBytes
  /** The key a walk is at. */
  readonly #keys = new KeyViews()
  #key: Uint8Array = noBytes
  #valueBytes = 0

  readonly keyEncoder: LmdbCoder['keyEncoder']
  readonly encoder: LmdbCoder['encoder']

  constructor() {
    this.keyEncoder = { writeKey, readKey: (source, start, end) => this.#readKey(source, start, end) }
    this.encoder = {
      encode: (value) => value,
      decode: (bytes, size) => this.#readValue(bytes, size),
    }
  }

  get database(): LmdbDatabase {
    return this.#database!
  }

  set database(database: LmdbDatabase) {
    this.#database = database
  }

  /** The value of a key as `[0, size)` of the answer, valid until the next call of lmdb-js; undefined if absent. */
  find(key: Uint8Array): Uint8Array | undefined {
    const answer = this.database.getBinaryFast(key)
    return answer === undefined ? undefined : this.#view(answer)
  }

  /** Length of the value `find` answered last. */
  get size(): number {
    return this.database.lastSize
  }

  walk(range: WalkRange, visit: Visit): void {
    const { lower, upper, reverse } = range
    if (upper !== undefined && upper.length === 0) return
    const first = reverse ? upper : lower
    const last = reverse ? lower : upper
    const entries = this.database.getRange({
      start: first?.length === 0 ? undefined : first,
      end: last?.length === 0 ? undefined : last,
      exclusiveStart: !(reverse ? range.upperInclusive : range.lowerInclusive),
      inclusiveEnd: reverse ? range.lowerInclusive : range.upperInclusive,
      reverse,
      values: range.values,
    })
    this.#valueBytes = 0
    let left = range.limit
    const iterator = entries[Symbol.iterator]()
    try {
      while (left-- > 0 && iterator.next().done !== true) {
        if (!visit(this.#key, this.#honest, 0, this.#valueBytes)) return
      }
    } finally {
      iterator.return?.()
    }
  }

  #readKey(source: Uint8Array, start: number, end: number): undefined {
    this.#key = this.#keys.take(source, start, end)
  }

  #readValue(bytes: Uint8Array, size: number): undefined {
    this.#view(bytes)
    this.#valueBytes = size
  }

  #view(answer: Uint8Array): Uint8Array {
    if (answer !== this.#answered) {
      this.#answered = answer
      this.#honest = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength)
    }
    return this.#honest
  }
}

function writeKey(key: Uint8Array, target: Uint8Array, start: number): number {
  copyAll(target, start, key)
  return start + key.length
}

import type { Change, Engine, Space, Visit, WalkRange } from '../../src/stores/embedded/engine/engine.ts'

type Contents = Map<string, Buffer>

const noBytes = new Uint8Array(0)
const textOf = (key: Uint8Array): string => Buffer.from(key).toString('latin1')

/**
 * An engine as simple as can be. `crash` forgets every transaction that was not flushed; with `flushesAlways` each one is,
 * as in LMDB.
 */
export class ModelEngine implements Engine {
  readonly name = 'lmdb' as const
  readonly durable = true
  readonly syncReads: boolean
  readonly #flushesAlways: boolean
  bytes: Uint8Array = noBytes
  start = 0
  end = 0
  transactions = 0
  largestTransaction = 0
  #spaces: [Contents, Contents] = [new Map(), new Map()]
  #mark: Uint8Array | undefined
  #life = 0
  #flushed: { spaces: [Contents, Contents]; mark: Uint8Array | undefined } = {
    spaces: [new Map(), new Map()],
    mark: undefined,
  }

  constructor(syncReads = true, flushesAlways = false) {
    this.syncReads = syncReads
    this.#flushesAlways = flushesAlways
  }

  open(): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#mark)
  }

  find(space: Space, key: Uint8Array): boolean {
    if (!this.syncReads) throw new Error('this engine cannot answer at once')
    const value = this.#spaces[space].get(textOf(key))
    if (value === undefined) return false
    this.bytes = value
    this.end = value.length
    return true
  }

  async fetch(space: Space, keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    await Promise.resolve()
    return keys.map((key) => this.#spaces[space].get(textOf(key)))
  }

  async apply(changes: readonly Change[], mark: Uint8Array): Promise<void> {
    const life = this.#life
    await Promise.resolve()
    // The process that asked is dead: its thread never got to commit.
    if (life !== this.#life) return
    this.transactions += 1
    this.largestTransaction = Math.max(this.largestTransaction, changes.length)
    for (const { space, key, value } of changes) {
      if (value === undefined) this.#spaces[space].delete(textOf(key))
      else this.#spaces[space].set(textOf(key), Buffer.from(value))
    }
    this.#mark = mark
    if (this.#flushesAlways) this.#flush()
  }

  async flushed(): Promise<void> {
    const life = this.#life
    await Promise.resolve()
    if (life === this.#life) this.#flush()
  }

  #flush(): void {
    this.#flushed = { spaces: [new Map(this.#spaces[0]), new Map(this.#spaces[1])], mark: this.#mark }
  }

  /** The process dies and the system lives on: what was applied stays. */
  kill(): void {
    this.#life += 1
  }

  /** A power cut. */
  crash(): void {
    this.#life += 1
    this.#spaces = [new Map(this.#flushed.spaces[0]), new Map(this.#flushed.spaces[1])]
    this.#mark = this.#flushed.mark
  }

  walk(range: WalkRange, visit: Visit): undefined | Promise<void> {
    if (!this.syncReads) return Promise.resolve().then(() => this.#walk(range, visit))
    this.#walk(range, visit)
    return undefined
  }

  count(): { keys: number; exact: boolean } {
    return { keys: this.#spaces[0].size, exact: true }
  }

  sizeBytes(): number {
    return 0
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #walk(range: WalkRange, visit: Visit): void {
    const keys = [...this.#spaces[range.space].keys()].map((text) => Buffer.from(text, 'latin1')).sort(Buffer.compare)
    if (range.reverse) keys.reverse()
    let left = range.limit
    for (const key of keys) {
      if (!within(range, key)) continue
      if (left-- === 0) return
      const value = this.#spaces[range.space].get(textOf(key))!
      if (!visit(key, value, 0, value.length)) return
    }
  }
}

function within(range: WalkRange, key: Buffer): boolean {
  const low = range.lower === undefined ? 1 : Buffer.compare(key, range.lower)
  const high = range.upper === undefined ? -1 : Buffer.compare(key, range.upper)
  return (low > 0 || (low === 0 && range.lowerInclusive)) && (high < 0 || (high === 0 && range.upperInclusive))
}

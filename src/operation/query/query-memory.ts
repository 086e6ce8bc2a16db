/** So much each shard's work on a query may hold, whatever others hold. */
const freeBytes = 64 * 1024

/**
 * What all queries under way hold together: rows and groups in the shards, and partial answers that are merged. Each is
 * bounded by itself (`limits.mergeBudget`); above `limitBytes` for all of them only the oldest query goes on, and the
 * others wait with what they have. It always may, so nobody waits for somebody who waits.
 */
export class QueryMemory {
  heldBytes = 0
  readonly #limitBytes: number
  readonly #shares = new Set<QueryShare>()

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** A shard begins its work on the query that came at `arrivedAt`; `tag` tells apart those that came together. */
  begin(arrivedAt: number, tag: number): QueryShare {
    const share = new QueryShare(this, arrivedAt, tag)
    this.#shares.add(share)
    return share
  }

  /** Something is held that nobody waits with: an answer that is put together takes `after` bytes instead of `before`. */
  resize(before: number, after: number): void {
    this.heldBytes += after - before
  }

  /** @internal */
  mayGrow(share: QueryShare): boolean {
    if (this.heldBytes <= this.#limitBytes || share.bytes <= freeBytes) return true
    for (const other of this.#shares) if (other.isOlderThan(share)) return false
    return true
  }

  /** @internal */
  end(share: QueryShare): void {
    if (this.#shares.delete(share)) this.heldBytes -= share.bytes
  }
}

/** What one shard's work on a query holds. */
export class QueryShare {
  bytes = 0
  readonly #memory: QueryMemory
  readonly #arrivedAt: number
  readonly #tag: number

  constructor(memory: QueryMemory, arrivedAt: number, tag: number) {
    this.#memory = memory
    this.#arrivedAt = arrivedAt
    this.#tag = tag
  }

  /** False: it is to wait. */
  get mayGrow(): boolean {
    return this.#memory.mayGrow(this)
  }

  holds(bytes: number): void {
    this.#memory.resize(this.bytes, bytes)
    this.bytes = bytes
  }

  /** The work is done; whoever gets its result counts it from now on. */
  end(): void {
    this.#memory.end(this)
  }

  isOlderThan(other: QueryShare): boolean {
    return this.#arrivedAt < other.#arrivedAt || (this.#arrivedAt === other.#arrivedAt && this.#tag < other.#tag)
  }
}

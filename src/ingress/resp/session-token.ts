import { isAfter, type Position, type Token } from '../../operation/token.ts'

/** Shards a session remembers; a client that touches more loses the oldest, and with it only a guarantee of freshness. */
const maxShards = 1024

/**
 * The consistency token a Redis client cannot carry itself: the latest position of each shard that the connection has
 * seen. Costs one comparison while answers come from a position it knows.
 */
export class SessionToken {
  private readonly seen = new Map<number, Position>()
  private last: Position | undefined
  private built: Token | undefined
  private stale = false

  /** Takes in the positions of an answer. */
  learn(positions: readonly Position[]): void {
    if (positions.length === 1 && positions[0] === this.last) return
    for (let i = 0; i < positions.length; i++) this.learnOne(positions[i]!)
  }

  /** What the next read has to reflect; undefined if nothing was seen yet. */
  get token(): Token | undefined {
    if (this.stale) {
      this.built = [...this.seen.values()]
      this.stale = false
    }
    return this.built
  }

  /** After the loss of history: what was seen no longer exists. */
  forget(): void {
    this.seen.clear()
    this.last = undefined
    this.built = undefined
    this.stale = false
  }

  private learnOne(position: Position): void {
    this.last = position
    const known = this.seen.get(position.shard)
    if (known !== undefined) {
      if (position.history < known.history) return
      if (position.history === known.history && !isAfter(position, known)) return
    } else if (this.seen.size === maxShards) {
      for (const oldest of this.seen.keys()) {
        this.seen.delete(oldest)
        break
      }
    }
    this.seen.set(position.shard, position)
    this.stale = true
  }
}

import { Ring } from './ring.ts'

/** What the queue has to know of what waits in it. */
export interface Queued {
  /** Turns are taken between clients, not between requests. */
  readonly client: string
  /** What keeping it costs. */
  readonly bytes: number
}

/** What one client has waiting. */
class Line<E extends Queued> {
  readonly client: string
  readonly ring = new Ring<E>()
  bytes = 0

  constructor(client: string) {
    this.client = client
  }

  take(): E {
    const entry = this.ring.shift()!
    this.bytes -= entry.bytes
    return entry
  }
}

/**
 * First in, first out for each client, round robin between clients (Nagle, "On Packet Switches with Infinite Storage",
 * RFC 970). Bounding it is the caller's: `evictLongest` and `evictLargest` say who should give way.
 */
export class FairQueue<E extends Queued> {
  /** Entries and bytes waiting. */
  size = 0
  bytes = 0
  readonly #lines = new Map<string, Line<E>>()
  /** Lines in the order of their turns. One that was emptied out of turn leaves when its turn comes. */
  readonly #turns = new Ring<Line<E>>()

  push(entry: E): void {
    let line = this.#lines.get(entry.client)
    if (line === undefined) {
      line = new Line(entry.client)
      this.#lines.set(entry.client, line)
      this.#turns.push(line)
    }
    line.ring.push(entry)
    line.bytes += entry.bytes
    this.size++
    this.bytes += entry.bytes
  }

  /** The next in turn. */
  shift(): E | undefined {
    for (;;) {
      const line = this.#turns.shift()
      if (line === undefined) return undefined
      const entry = line.ring.length === 0 ? undefined : this.#take(line)
      if (line.ring.length > 0) this.#turns.push(line)
      else this.#lines.delete(line.client)
      if (entry !== undefined) return entry
    }
  }

  /** Removes the oldest entry of the client with most entries, `newcomer`'s counted as one more than it has. */
  evictLongest(newcomer: Queued): E | undefined {
    return this.#evict(newcomer, (line) => line.ring.length, 1)
  }

  /** Removes the oldest entry of the client with most bytes, `newcomer` counted; undefined if that has none waiting. */
  evictLargest(newcomer: Queued): E | undefined {
    return this.#evict(newcomer, (line) => line.bytes, newcomer.bytes)
  }

  /** Removes the entries for which `drop` says so, adding them to `dropped`. */
  sweep(drop: (entry: E) => boolean, dropped: E[]): void {
    for (const line of this.#lines.values()) {
      line.ring.filter((entry) => {
        if (!drop(entry)) return true
        line.bytes -= entry.bytes
        this.bytes -= entry.bytes
        this.size--
        dropped.push(entry)
        return false
      })
    }
  }

  #evict(newcomer: Queued, weigh: (line: Line<E>) => number, extra: number): E | undefined {
    const own = this.#lines.get(newcomer.client)
    let heaviest = own
    let most = own === undefined ? extra : weigh(own) + extra
    for (const line of this.#lines.values()) {
      if (line === own || weigh(line) <= most) continue
      heaviest = line
      most = weigh(line)
    }
    return heaviest === undefined || heaviest.ring.length === 0 ? undefined : this.#take(heaviest)
  }

  #take(line: Line<E>): E {
    const entry = line.take()
    this.size--
    this.bytes -= entry.bytes
    return entry
  }
}

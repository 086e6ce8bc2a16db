/** Requests per second, sustained, and at once after a pause. */
export interface Rate {
  readonly requestsPerSecond: number
  readonly burst: number
}

/** When the next request is due if the client keeps its rate ("theoretical arrival time"). */
interface Cell {
  dueAt: number
}

/**
 * One rate per name, by the generic cell rate algorithm (ITU-T I.371 annex A): a request may come up to the burst's
 * worth of time before it is due. Names are bounded: they live in two generations, and when the younger is full the
 * older is forgotten, which can only ever be in a client's favour.
 */
export class RateLimiter {
  readonly #mostNames: number
  #young = new Map<string, Cell>()
  #old = new Map<string, Cell>()

  constructor(mostNames: number) {
    this.#mostNames = Math.max(1, Math.floor(mostNames / 2))
  }

  /** 0 if a request may come now (and counts), else the milliseconds after which one may. */
  take(name: string, rate: Rate, now: number): number {
    const cell = this.#young.get(name) ?? this.#remember(name, now)
    const intervalMs = 1_000 / rate.requestsPerSecond
    const earliest = cell.dueAt - (rate.burst - 1) * intervalMs
    if (now < earliest) return earliest - now
    cell.dueAt = Math.max(cell.dueAt, now) + intervalMs
    return 0
  }

  /** What `take` would answer; counts nothing. */
  waitMs(name: string, rate: Rate, now: number): number {
    const cell = this.#young.get(name) ?? this.#old.get(name)
    if (cell === undefined) return 0
    return Math.max(0, cell.dueAt - ((rate.burst - 1) * 1_000) / rate.requestsPerSecond - now)
  }

  #remember(name: string, now: number): Cell {
    const cell = this.#old.get(name) ?? { dueAt: now }
    if (this.#young.size >= this.#mostNames) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(name, cell)
    return cell
  }
}

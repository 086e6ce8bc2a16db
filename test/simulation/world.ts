import { type Random, seededRandom } from '../../src/runtime/random.ts'

interface Event {
  readonly at: number
  readonly order: number
  readonly task: () => void
}

/** Virtual time and chance of one run: everything that happens is an event here, in an order that the seed decides. */
export class World {
  readonly random: Random
  /** Virtual milliseconds. */
  now = 0
  events = 0
  readonly #heap: Event[] = []

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  after(delayMs: number, task: () => void): void {
    const event = { at: this.now + delayMs, order: this.events++, task }
    const heap = this.#heap
    let place = heap.push(event) - 1
    while (place > 0) {
      const above = (place - 1) >>> 1
      if (!isBefore(event, heap[above]!)) break
      heap[place] = heap[above]!
      place = above
    }
    heap[place] = event
  }

  /** Runs what falls due up to `until`. */
  run(until: number): void {
    for (let event = this.#heap[0]; event !== undefined && event.at <= until; event = this.#heap[0]) {
      this.#removeFirst()
      this.now = event.at
      event.task()
    }
    this.now = until
  }

  /** A fraction in `low .. high`. */
  between(low: number, high: number): number {
    return low + ((high - low) * this.random.integer(1_000_001)) / 1_000_000
  }

  chance(share: number): boolean {
    return this.random.integer(1_000_000) < share * 1_000_000
  }

  pick<T>(from: readonly T[]): T {
    return from[this.random.integer(from.length)]!
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let place = 0
    for (;;) {
      let below = 2 * place + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++
      if (!isBefore(heap[below]!, last)) break
      heap[place] = heap[below]!
      place = below
    }
    heap[place] = last
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

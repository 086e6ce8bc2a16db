import type { GatewayError, ShedReason } from '../errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { FairQueue, type Queued } from './fair-queue.ts'
import type { Limit } from './limit.ts'
import { abandoned, shed, tooLate } from './shedding.ts'

export interface QueueSettings {
  /** Requests that may wait. */
  readonly queueLength: number
  /** Bytes that waiting requests may hold. */
  readonly queueBytes: number
  /** How long one may wait. */
  readonly queueAgeMs: number
}

/** Something that needs a permit to start. */
export interface Waiting extends Queued {
  readonly write: boolean
  /** Monotonic milliseconds. */
  readonly deadline: number
  /** Nobody waits for the answer any more. */
  readonly gone: boolean
  /** Set by the limiter. */
  queuedAt: number
  /** Takes its own copies of what it was lent: it has to wait. */
  keepBody(): void
  /** It has a permit; to be given back with `release`. */
  start(): void
  /** It will not start. */
  refuse(error: GatewayError): void
}

export interface LimiterParts {
  readonly limit: Limit
  readonly queue: QueueSettings
  readonly runtime: Runtime
  /** What a full queue is called. */
  readonly fullReason: ShedReason
  /** False while nothing may start, permits or not; `drain` is to be called when it turns true. */
  readonly ready: () => boolean
}

/**
 * Hands out permits, up to a `Limit`; lets others wait in a queue that is bounded in length, bytes and age and fair
 * between clients. Overdue entries leave when their turn comes and at every `sweep`, whichever is first.
 */
export class Limiter<E extends Waiting> {
  inFlight = 0
  readonly #parts: LimiterParts
  readonly #queue = new FairQueue<E>()
  readonly #evicted: E[] = []
  #draining = false
  #refusing = false

  constructor(parts: LimiterParts) {
    this.#parts = parts
  }

  get queued(): number {
    return this.#queue.size
  }

  /** Takes a permit if there is one and nobody waits for it. */
  tryAcquire(): boolean {
    if (this.inFlight >= this.#parts.limit.permits || this.#queue.size > 0 || !this.#parts.ready()) return false
    this.inFlight++
    return true
  }

  /** Lets an entry wait, perhaps in the place of another; or refuses it. Answers which: true if it waits. */
  enqueue(entry: E): boolean {
    const fits = this.#makeRoom(entry)
    if (fits) {
      entry.keepBody()
      entry.queuedAt = this.#parts.runtime.clock.now()
      this.#queue.push(entry)
    } else this.#evicted.push(entry)
    this.#refuseEvicted()
    return fits
  }

  /** Gives a permit back; `drain` is to follow. */
  release(): void {
    this.inFlight--
  }

  /** Starts what may start. */
  drain(): void {
    if (this.#draining || this.#queue.size === 0) return
    this.#draining = true
    try {
      this.#startWaiting(this.#parts.runtime.clock.now())
    } finally {
      this.#draining = false
    }
  }

  /** Refuses what is overdue, starts what may start. Answers whether any still waits. */
  sweep(now: number): boolean {
    if (this.#queue.size === 0) return false
    const dropped: E[] = []
    this.#queue.sweep((entry) => this.#isOverdue(entry, now), dropped)
    for (const entry of dropped) entry.refuse(this.#overdue(entry, now)!)
    this.drain()
    return this.#queue.size > 0
  }

  #startWaiting(now: number): void {
    while (this.#queue.size > 0 && this.inFlight < this.#parts.limit.permits && this.#parts.ready()) {
      const entry = this.#queue.shift()!
      const refusal = this.#overdue(entry, now)
      if (refusal !== undefined) entry.refuse(refusal)
      else {
        this.inFlight++
        entry.start()
      }
    }
  }

  #isOverdue(entry: E, now: number): boolean {
    return entry.gone || entry.deadline <= now || now - entry.queuedAt >= this.#parts.queue.queueAgeMs
  }

  #overdue(entry: E, now: number): GatewayError | undefined {
    if (entry.gone) return abandoned(entry.write)
    if (entry.deadline <= now) return tooLate(entry.write)
    if (now - entry.queuedAt < this.#parts.queue.queueAgeMs) return undefined
    return shed(this.#parts.ready() ? 'queue-age' : 'backlog', entry.write, this.#parts.runtime.random)
  }

  /** Evicts until `entry` fits; false if it is `entry` that has to give way. */
  #makeRoom(entry: E): boolean {
    const { queueLength, queueBytes } = this.#parts.queue
    while (this.#queue.size >= queueLength) if (!this.#evict(this.#queue.evictLongest(entry))) return false
    while (this.#queue.bytes + entry.bytes > queueBytes) if (!this.#evict(this.#queue.evictLargest(entry))) return false
    return true
  }

  #evict(victim: E | undefined): boolean {
    if (victim === undefined) return false
    this.#evicted.push(victim)
    return true
  }

  /** In a loop, not one inside the other: whoever is refused may come back with another request at once. */
  #refuseEvicted(): void {
    if (this.#refusing) return
    this.#refusing = true
    try {
      for (let victim = this.#evicted.pop(); victim !== undefined; victim = this.#evicted.pop()) {
        victim.refuse(this.#fullError(victim))
      }
    } finally {
      this.#refusing = false
    }
  }

  #fullError(entry: E): GatewayError {
    const { fullReason, ready, runtime } = this.#parts
    return shed(ready() ? fullReason : 'backlog', entry.write, runtime.random)
  }
}

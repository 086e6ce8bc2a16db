import type { Dispatcher, Handler, Operation } from '../operation/operation.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { Revocation, type Waiter } from './revocation.ts'
import { unanswered } from './shedding.ts'
import type { Ticker } from './ticker.ts'

export interface RevocationSettings {
  /** Leases being ended at the same time; further ones wait. */
  readonly maxRevocations: number
}

/**
 * Ends leases, those that a client revokes and those that expired: close, delete the attached keys, forget, each step
 * repeated until it is confirmed. Nothing is remembered across a restart: a shard names a lease that was closed and not
 * forgotten again and again, and every step may be repeated.
 */
export class Revocations {
  readonly #internal: Dispatcher
  readonly #settings: RevocationSettings
  readonly #runtime: Runtime
  readonly #ticker: Ticker
  readonly #running = new Map<number, Revocation>()
  /** In order of arrival. */
  readonly #waiting = new Map<number, Revocation>()
  #starting = false

  constructor(internal: Dispatcher, settings: RevocationSettings, runtime: Runtime, ticker: Ticker) {
    this.#internal = internal
    this.#settings = settings
    this.#runtime = runtime
    this.#ticker = ticker
    ticker.watch((now) => this.#sweep(now))
  }

  /** For a client, who is told when it is done. */
  revoke(id: number, operation: Operation, handler: Handler): boolean {
    const waiter: Waiter = { operation, handler }
    this.#revocation(id).join(waiter)
    this.#startNext()
    return waiter.answered === true
  }

  /** Because its time is up. */
  expire(id: number): void {
    this.#revocation(id).persist()
    this.#startNext()
  }

  #revocation(id: number): Revocation {
    const known = this.#running.get(id) ?? this.#waiting.get(id)
    if (known !== undefined) return known
    const revocation = new Revocation(id, this.#internal, this.#runtime, () => this.#ended(id))
    this.#waiting.set(id, revocation)
    return revocation
  }

  #startNext(): void {
    this.#ticker.arm()
    // A revocation may end before `start` returns, and asks for the next: this loop sees to it.
    if (this.#starting) return
    this.#starting = true
    for (const [id, revocation] of this.#waiting) {
      if (this.#running.size >= this.#settings.maxRevocations) break
      this.#waiting.delete(id)
      this.#running.set(id, revocation)
      revocation.start()
    }
    this.#starting = false
  }

  #ended(id: number): void {
    this.#running.delete(id)
    this.#startNext()
  }

  /** Answers clients whose deadline has passed; what they asked for goes on. */
  #sweep(now: number): boolean {
    for (const revocations of [this.#running, this.#waiting]) {
      for (const revocation of revocations.values()) revocation.dismissOverdue(now, unanswered(true))
    }
    return this.#running.size + this.#waiting.size > 0
  }
}

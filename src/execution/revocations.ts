import type { Dispatcher, Handler, Operation } from '../operation/operation.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Timer } from '../runtime/timers.ts'
import { Revocation, type RevocationOwner, type Waiter } from './revocation.ts'
import { shed } from './shedding.ts'
import type { Ticker } from './ticker.ts'

export interface RevocationSettings {
  /** Leases being ended at the same time; further ones wait. */
  readonly maxRevocations: number
  /** Leases that clients have asked to be ended and that wait for their turn; beyond it clients are refused. */
  readonly queueLength: number
}

/** A revocation between two attempts. It holds no turn. */
interface Resting {
  readonly revocation: Revocation
  readonly timer: Timer
}

/**
 * Ends leases, those that a client revokes and those that expired: close, delete the attached keys, forget, each step
 * repeated until it is confirmed. Nothing is remembered across a restart: a shard names a lease that was closed and not
 * forgotten again and again, and every step may be repeated.
 *
 * Clients may name any id, so what waits for them is bounded, and dropped when they give up; what expires is bounded by
 * the leases there are. The two take turns, so that neither can keep the other from its own.
 */
export class Revocations implements RevocationOwner {
  readonly #internal: Dispatcher
  readonly #settings: RevocationSettings
  readonly #runtime: Runtime
  readonly #ticker: Ticker
  readonly #running = new Map<number, Revocation>()
  readonly #resting = new Map<number, Resting>()
  /** In order of arrival: those that clients want, those that have to be. */
  readonly #wanted = new Map<number, Revocation>()
  readonly #due = new Map<number, Revocation>()
  #lastWasDue = false
  #starting = false
  #leaving = false

  constructor(internal: Dispatcher, settings: RevocationSettings, runtime: Runtime, ticker: Ticker) {
    this.#internal = internal
    this.#settings = settings
    this.#runtime = runtime
    this.#ticker = ticker
    ticker.watch((now) => this.#sweep(now))
  }

  /** For a client, who is told when it is done. */
  revoke(id: number, operation: Operation, handler: Handler): boolean {
    const known = this.#known(id)
    if (known === undefined && this.#wanted.size >= this.#settings.queueLength) {
      handler.onError(operation, shed('queue-full', true, this.#runtime.random))
      return true
    }
    const waiter: Waiter = { operation, handler }
    const revocation = known ?? this.#create(id, this.#wanted)
    revocation.join(waiter)
    this.#startNext()
    return waiter.answered === true
  }

  /** Because its time is up. Will be said again if it does not come to its end. */
  expire(id: number): void {
    if (this.#leaving) return
    const revocation = this.#known(id) ?? this.#create(id, this.#due)
    revocation.persist()
    this.#startNext()
  }

  /** The node is about to stop: what no client waits for is left to the next start, unless it comes to its end now. */
  leave(): void {
    this.#leaving = true
    for (const revocation of this.#all()) revocation.leave()
    this.#dropUnwanted()
  }

  /** The stores are about to close: nothing is tried again, and whoever still waits is told. */
  close(): void {
    this.leave()
    this.#sweep(Number.POSITIVE_INFINITY)
  }

  /** For `Revocation` only. */
  ended({ id }: Revocation): void {
    this.#running.delete(id)
    this.#startNext()
  }

  /** For `Revocation` only. */
  resting(revocation: Revocation, delayMs: number): void {
    const { id } = revocation
    this.#running.delete(id)
    const timer = this.#runtime.timers.after(delayMs, () => {
      this.#resting.delete(id)
      this.#due.set(id, revocation)
      this.#startNext()
    })
    this.#resting.set(id, { revocation, timer })
    this.#startNext()
  }

  #known(id: number): Revocation | undefined {
    return this.#running.get(id) ?? this.#resting.get(id)?.revocation ?? this.#due.get(id) ?? this.#wanted.get(id)
  }

  #create(id: number, queue: Map<number, Revocation>): Revocation {
    const revocation = new Revocation(id, this.#internal, this.#runtime, this)
    if (this.#leaving) revocation.leave()
    queue.set(id, revocation)
    return revocation
  }

  #startNext(): void {
    this.#ticker.arm()
    // A revocation may end before `start` returns, and asks for the next: this loop sees to it.
    if (this.#starting) return
    this.#starting = true
    while (this.#running.size < this.#settings.maxRevocations) {
      const next = this.#takeNext()
      if (next === undefined) break
      this.#running.set(next.id, next)
      next.start()
    }
    this.#starting = false
  }

  #takeNext(): Revocation | undefined {
    const fromDue = this.#due.size > 0 && (!this.#lastWasDue || this.#wanted.size === 0)
    const queue = fromDue ? this.#due : this.#wanted
    for (const [id, revocation] of queue) {
      this.#lastWasDue = fromDue
      queue.delete(id)
      return revocation
    }
    return undefined
  }

  /** Answers clients whose deadline has passed; what they asked for goes on if it was begun. */
  #sweep(now: number): boolean {
    for (const revocation of this.#all()) revocation.dismissOverdue(now)
    this.#dropUnwanted()
    return this.#running.size + this.#resting.size + this.#due.size + this.#wanted.size > 0
  }

  /** Drops what has not begun and nobody waits for; when leaving, also what has to be done and can be done later. */
  #dropUnwanted(): void {
    for (const [id, { awaited, persistent }] of this.#wanted) {
      if (!awaited && (this.#leaving || !persistent)) this.#wanted.delete(id)
    }
    if (!this.#leaving) return
    for (const [id, { awaited }] of this.#due) if (!awaited) this.#due.delete(id)
    for (const [id, { revocation, timer }] of this.#resting) {
      if (revocation.awaited) continue
      timer.cancel()
      this.#resting.delete(id)
    }
  }

  *#all(): Generator<Revocation> {
    yield* this.#running.values()
    for (const { revocation } of this.#resting.values()) yield revocation
    yield* this.#due.values()
    yield* this.#wanted.values()
  }
}

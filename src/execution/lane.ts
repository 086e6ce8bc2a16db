import { type Body, intentOf } from '../operation/body.ts'
import type { Handler, Operation } from '../operation/operation.ts'
import type { Target } from '../routing/plan.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Session } from '../stores/store.ts'
import { Flight } from './flight.ts'
import type { Limit } from './limit.ts'
import { Limiter, type QueueSettings } from './limiter.ts'
import type { ExecutionObserver } from './observer.ts'
import { tooLate, unanswered } from './shedding.ts'
import type { Ticker } from './ticker.ts'

export interface LaneParts {
  readonly limit: Limit
  readonly queue: QueueSettings
  readonly runtime: Runtime
  readonly ticker: Ticker
  readonly observer: ExecutionObserver | undefined
}

/** A request that arrives within so many milliseconds of the one measured last is not: it would say the same. */
const samplePeriodMs = 0.25

/** Flights kept for reuse; more were only needed in a burst. */
const spareFlights = 1_024

/**
 * The way to one shard in one role: its limiter, its session, and the flights that the store has not answered. A
 * request that gets a permit and a synchronous answer allocates nothing.
 */
export class Lane {
  target: Target
  session: Session
  readonly limiter: Limiter<Flight>
  readonly #parts: LaneParts
  readonly #flying: Flight[] = []
  readonly #spare: Flight[] = []
  #measuredArrival = Number.NEGATIVE_INFINITY

  constructor(target: Target, session: Session, parts: LaneParts) {
    this.target = target
    this.session = session
    this.#parts = parts
    const writer = target.role === 'writer'
    this.limiter = new Limiter({
      limit: parts.limit,
      queue: parts.queue,
      runtime: parts.runtime,
      fullReason: 'queue-full',
      ready: writer ? () => this.session.writable : () => true,
    })
    parts.ticker.watch((now) => this.#sweep(now))
  }

  /** Requests sent and not answered. */
  get unanswered(): number {
    return this.#flying.length
  }

  /** Sends under a permit, now or when its turn comes. False if it waits or the session wants callers to hold back. */
  submit(body: Body, operation: Operation, handler: Handler): boolean {
    // The deadline stays in the operation: handing a fraction to a function would allocate it.
    if (operation.deadline <= this.#parts.ticker.now) return this.#tooLate(body, operation, handler)
    const flight = this.#board(body, operation, handler, true)
    flight.deadline = operation.deadline
    return this.#enter(flight)
  }

  /** As `submit`, for a part of an operation that has a deadline of its own. */
  submitStep(body: Body, operation: Operation, handler: Handler, deadline: number): boolean {
    if (deadline <= this.#parts.ticker.now) return this.#tooLate(body, operation, handler)
    return this.#enter(this.#boardStep(body, operation, handler, deadline, true))
  }

  /** As `submitStep`, at once: the caller holds a permit of another limiter, for which it waited `waitedMs`. */
  sendStep(body: Body, operation: Operation, handler: Handler, deadline: number, waitedMs: number): boolean {
    if (deadline <= this.#parts.ticker.now) return this.#tooLate(body, operation, handler)
    const flight = this.#boardStep(body, operation, handler, deadline, false)
    flight.waitedMs = waitedMs
    return flight.send()
  }

  /** A new node serves the shard; what was sent to the old one is still answered by it. */
  redirect(target: Target, session: Session): void {
    this.target = target
    this.session = session
  }

  /** For `Flight` only: it waited, and starts now. */
  departs(flight: Flight): void {
    if (Number.isNaN(flight.startedAt)) return
    flight.startedAt = this.#parts.runtime.clock.now()
    flight.waitedMs = flight.startedAt - flight.queuedAt
  }

  /** For `Flight` only: the store did not answer at once. */
  track(flight: Flight): void {
    flight.place = this.#flying.push(flight) - 1
    this.#parts.ticker.arm()
  }

  /** For `Flight` only: the store answered. */
  landed(flight: Flight, failed: boolean): void {
    const { place } = flight
    if (place >= 0) {
      const last = this.#flying.pop()!
      if (last !== flight) {
        this.#flying[place] = last
        last.place = place
      }
      flight.place = -1
    }
    if (!Number.isNaN(flight.startedAt)) this.#measure(flight, failed)
    if (flight.limited) this.limiter.release()
  }

  /** For `Flight` only: it is over and may be used again. */
  recycle(flight: Flight): void {
    if (this.#spare.length < spareFlights) this.#spare.push(flight)
  }

  #board(body: Body, operation: Operation, handler: Handler, limited: boolean): Flight {
    const flight = this.#spare.pop() ?? new Flight(this)
    flight.board(body, operation, handler, limited)
    if (this.#parts.observer !== undefined && Math.abs(operation.arrivedAt - this.#measuredArrival) >= samplePeriodMs) {
      this.#measuredArrival = operation.arrivedAt
      // Good enough for what is sent as it arrives, and spares a look at the clock.
      flight.startedAt = operation.arrivedAt
    }
    return flight
  }

  /** A step may begin long after its operation arrived: others came before it. */
  #boardStep(body: Body, operation: Operation, handler: Handler, deadline: number, limited: boolean): Flight {
    const flight = this.#board(body, operation, handler, limited)
    flight.deadline = deadline
    if (!Number.isNaN(flight.startedAt)) flight.startedAt = this.#parts.runtime.clock.now()
    return flight
  }

  #enter(flight: Flight): boolean {
    if (this.limiter.tryAcquire()) return flight.send()
    flight.weigh()
    if (!this.limiter.enqueue(flight)) return true
    this.#parts.ticker.arm()
    return false
  }

  #tooLate(body: Body, operation: Operation, handler: Handler): true {
    handler.onError(operation, tooLate(intentOf[body.kind] === 'write'))
    return true
  }

  #measure(flight: Flight, failed: boolean): void {
    const now = this.#parts.runtime.clock.now()
    const storeMs = now - flight.startedAt
    this.#parts.limit.observe(storeMs, this.limiter.inFlight, failed)
    this.#parts.observer!.answered(flight.body.kind, this.target, flight.waitedMs, storeMs)
  }

  #sweep(now: number): boolean {
    // From the end: an answer may add flights, and a flight that lands meanwhile is replaced by the last one.
    for (let i = this.#flying.length - 1; i >= 0; i--) {
      const flight = this.#flying[i]
      if (flight !== undefined && flight.deadline <= now && !flight.answered) flight.giveUp(unanswered(flight.write))
    }
    const waiting = this.limiter.sweep(now)
    return waiting || this.#flying.length > 0
  }
}

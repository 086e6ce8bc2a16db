import type { Runtime } from '../../runtime/runtime.ts'
import type { Timer } from '../../runtime/timers.ts'
import type { LeaseId } from './coordinator.ts'

interface Term {
  readonly ttlMs: number
  deadline: number
  /** It has had its extension after a pause and gets no other before a sign of life. */
  extended: boolean
}

/** A wake-up later than this means that the process itself stood still, and that signs of life may wait unread. */
const pauseMs = 500

/**
 * Deadlines of leases on the monotonic clock. A lease may end late, by at most its TTL, but never early: a restart
 * starts every term anew, and so does, once, a pause of this process.
 */
export class LeaseClock {
  private readonly runtime: Runtime
  private readonly onExpired: (id: LeaseId) => void
  private readonly terms = new Map<LeaseId, Term>()
  private timer: Timer | undefined
  private wakeAt = Number.POSITIVE_INFINITY

  constructor(runtime: Runtime, onExpired: (id: LeaseId) => void) {
    this.runtime = runtime
    this.onExpired = onExpired
  }

  start(id: LeaseId, ttlMs: number): void {
    this.terms.set(id, { ttlMs, deadline: this.runtime.clock.now() + ttlMs, extended: false })
    this.arm()
  }

  /** Its time may be up, but it was not ended yet, so that nobody can have seen its end. */
  runs(id: LeaseId): boolean {
    return this.terms.has(id)
  }

  /** Starts the term anew. False if it was ended. */
  renew(id: LeaseId): boolean {
    const term = this.terms.get(id)
    if (term === undefined) return false
    term.deadline = this.runtime.clock.now() + term.ttlMs
    term.extended = false
    return true
  }

  stop(id: LeaseId): void {
    this.terms.delete(id)
  }

  /** Milliseconds left; 0 when the time is up or the lease unknown. */
  remainingMs(id: LeaseId): number {
    const term = this.terms.get(id)
    return term === undefined ? 0 : Math.max(0, term.deadline - this.runtime.clock.now())
  }

  close(): void {
    this.timer?.cancel()
    this.timer = undefined
    this.terms.clear()
  }

  private arm(): void {
    let next = Number.POSITIVE_INFINITY
    for (const term of this.terms.values()) next = Math.min(next, term.deadline)
    if (next === this.wakeAt && this.timer !== undefined) return
    this.timer?.cancel()
    this.timer = undefined
    this.wakeAt = next
    if (next === Number.POSITIVE_INFINITY) return
    const delayMs = Math.max(1, Math.ceil(next - this.runtime.clock.now()))
    this.timer = this.runtime.timers.after(delayMs, () => this.wake())
  }

  private wake(): void {
    this.timer = undefined
    const now = this.runtime.clock.now()
    const paused = now - this.wakeAt > pauseMs
    for (const [id, term] of [...this.terms]) {
      if (now < term.deadline) continue
      if (paused && !term.extended) {
        term.extended = true
        term.deadline = now + term.ttlMs
        continue
      }
      this.terms.delete(id)
      this.onExpired(id)
    }
    this.arm()
  }
}

import type { Clock } from '../runtime/clock.ts'
import type { Timers } from '../runtime/timers.ts'
import type { Outbox } from './outbox.ts'

/** What one connection may cost before others have their turn: bytes of answers, and a charge for each request. */
const quantumBytes = 128 * 1024
/** One turn of the event loop spends at most about this long on all costly connections together. */
const sliceMs = 2
/**
 * While connections arrive, costly ones wait for so many turns of the event loop at most: libuv 1.45 to 1.47, in Node 20,
 * accepts a single connection in each, and those that come in a crowd would wait for a slice each.
 */
const mostPostponed = 16

/**
 * Keeps clients who ask for little from waiting behind clients who ask for much. A connection whose answers cost more
 * than the quantum goes on in a later turn, behind the others that did, and those share a slice of each turn; whoever
 * costs less is served when its request arrives. A round robin with a quantum in bytes, after Shreedhar and Varghese,
 * Efficient Fair Queueing Using Deficit Round Robin (SIGCOMM 1995), with the event loop as the short queue.
 */
export class Turns {
  private readonly clock: Clock
  private readonly timers: Timers
  private waiting: TurnShare[] = []
  private next = 0
  private hasArrivals = false
  private postponed = 0
  private readonly serve = (): void => this.serveSome()

  constructor(clock: Clock, timers: Timers) {
    this.clock = clock
    this.timers = timers
  }

  /** A connection was accepted: others may wait behind it. */
  arrived(): void {
    this.hasArrivals = true
  }

  /** @internal At most once for each connection. */
  queue(share: TurnShare): void {
    if (this.waiting.length === 0) this.timers.soon(this.serve)
    this.waiting.push(share)
  }

  private serveSome(): void {
    if (this.hasArrivals && this.postponed < mostPostponed) {
      this.hasArrivals = false
      this.postponed++
      this.timers.soon(this.serve)
      return
    }
    this.hasArrivals = false
    this.postponed = 0
    const { clock, waiting } = this
    const until = clock.now() + sliceMs
    // Who comes back is behind all others; nobody is served twice in a turn.
    const end = waiting.length
    do waiting[this.next++]!.grant()
    while (this.next < end && clock.now() < until)
    if (this.next === waiting.length) {
      this.waiting = []
      this.next = 0
      return
    }
    if (this.next > waiting.length / 2) {
      this.waiting = waiting.slice(this.next)
      this.next = 0
    }
    this.timers.soon(this.serve)
  }
}

/** What one connection has cost since its turn began, and its place among those that wait for another. */
export class TurnShare {
  private readonly turns: Turns
  private readonly outbox: Outbox
  /** The charge for a request, in bytes. */
  private readonly perRequest: number
  private readonly onTurn: () => void
  private since = 0
  private charged = 0
  private isCostly = false
  private isQueued = false

  /** `onTurn` is called when the connection may go on; also if it is gone by then. */
  constructor(turns: Turns, outbox: Outbox, perRequest: number, onTurn: () => void) {
    this.turns = turns
    this.outbox = outbox
    this.perRequest = perRequest
    this.onTurn = onTurn
  }

  /** Before work: false, if the connection has to wait for `onTurn`. */
  begin(): boolean {
    if (this.isCostly) {
      this.wait()
      return false
    }
    this.since = this.outbox.appended
    this.charged = 0
    return true
  }

  /** After each request: false, if the connection has to wait for `onTurn` before the next. */
  goOn(): boolean {
    this.charged += this.perRequest
    if (this.outbox.appended - this.since + this.charged <= quantumBytes) return true
    this.yield()
    return false
  }

  /** Before a request that will cost more than the quantum, whatever it answers: it waits for `onTurn`. */
  yield(): void {
    this.isCostly = true
    this.wait()
  }

  /** @internal */
  grant(): void {
    this.isQueued = false
    this.isCostly = false
    this.onTurn()
    // Here rather than with everybody's at the end of the turn, so that what the system takes to copy it is in the slice.
    this.outbox.flush()
  }

  /** Asks for a turn although nothing has been used up: there may be something to do, and nobody waits for it. */
  wait(): void {
    if (this.isQueued) return
    this.isQueued = true
    this.turns.queue(this)
  }
}

import { GatewayError } from '../errors.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Timer, Timers } from '../runtime/timers.ts'

/** Requests that wait for room at most, and what they hold: who comes then is refused, or who asks for more. */
const maxWaiting = 256
const maxWaitingBytes = 16 * 1024 * 1024
/** How often requests that wait are looked at for their deadlines. */
const sweepMs = 50
/** One turn of the event loop spends about this long on requests that have waited. */
const sliceMs = 2

export const noRoom = new GatewayError('overloaded', 'Too many large answers are being made; try again later.', {
  reason: 'backlog',
  retryAfterMs: 1000,
  outcome: 'not-applied',
})
const tooLate = new GatewayError('deadline', 'No room for the answer became free in time.', { outcome: 'not-applied' })
const abandoned = new GatewayError('abandoned', 'The client went away before the request had its turn.', {
  outcome: 'not-applied',
})

/** A request whose answer may be large. */
export interface Guest {
  /** What its answer may take at most. */
  readonly roomBytes: number
  /** Memory it takes while it waits. */
  readonly waitingBytes: number
  /** Monotonic milliseconds. */
  readonly deadline: number
  readonly gone: boolean
  /** There is room, and it is taken; the guest gives it back with `leave`. Must not throw. */
  enter(): void
  /** Must not throw. Others may ask for room meanwhile. */
  refuse(error: GatewayError): void
}

/**
 * The memory of the large answers of all connections while they are made: records that were copied and the JSON of them,
 * or keys that were found. A request takes room for the largest answer it may get before it is evaluated (a listing of
 * keys, as it grows), and gives back what its answer did not need. Whoever finds none waits until its deadline; who asks
 * for least is first, so that small requests do not stand behind large ones. An answer larger than the room is made when
 * nobody else is in it.
 */
export class AnswerRoom {
  heldBytes = 0
  private readonly clock: Clock
  private readonly timers: Timers
  private readonly limitBytes: number
  /** By what they ask for, the least first, and then in the order in which they came. */
  private readonly queue: Guest[] = []
  private queuedBytes = 0
  private granting = false
  private sweeper: Timer | undefined

  constructor({ clock, timers }: Runtime, limitBytes: number) {
    this.clock = clock
    this.timers = timers
    this.limitBytes = limitBytes
  }

  get waiting(): number {
    return this.queue.length
  }

  /** Nothing more fits. */
  get full(): boolean {
    return this.heldBytes >= this.limitBytes
  }

  /** True: the guest is in, and `enter` is not called. Else it waits, or has been refused. */
  admit(guest: Guest): boolean {
    // The first of the queue asks for the least: only who asks for less yet may go before it.
    if (this.fits(guest.roomBytes) && (this.queue.length === 0 || guest.roomBytes < this.queue[0]!.roomBytes)) {
      this.heldBytes += guest.roomBytes
      return true
    }
    this.wait(guest)
    return false
  }

  /** A guest needs `after` bytes instead of `before`; may take more than there is. */
  resize(before: number, after: number): void {
    this.heldBytes += after - before
    if (after < before) this.grantSoon()
  }

  leave(bytes: number): void {
    this.resize(bytes, 0)
  }

  private fits(bytes: number): boolean {
    return this.heldBytes === 0 || this.heldBytes + bytes <= this.limitBytes
  }

  private wait(guest: Guest): void {
    const { queue } = this
    let place = queue.length
    while (place > 0 && queue[place - 1]!.roomBytes > guest.roomBytes) place--
    queue.splice(place, 0, guest)
    this.queuedBytes += guest.waitingBytes
    this.sweeper ??= this.timers.every(sweepMs, () => this.sweep())
    const refused: Guest[] = []
    while (queue.length > maxWaiting || (this.queuedBytes > maxWaitingBytes && queue.length > 1)) {
      refused.push(this.take(queue.length - 1))
    }
    for (const each of refused) each.refuse(noRoom)
  }

  private take(place: number): Guest {
    const [guest] = this.queue.splice(place, 1)
    this.queuedBytes -= guest!.waitingBytes
    if (this.queue.length === 0) {
      this.sweeper?.cancel()
      this.sweeper = undefined
    }
    return guest!
  }

  private grantSoon(): void {
    if (this.granting || this.queue.length === 0) return
    this.granting = true
    this.timers.soon(() => this.grant())
  }

  private grant(): void {
    const { clock, queue } = this
    this.sweep()
    const until = clock.now() + sliceMs
    while (queue.length > 0 && this.fits(queue[0]!.roomBytes)) {
      const guest = this.take(0)
      this.heldBytes += guest.roomBytes
      guest.enter()
      if (clock.now() < until) continue
      this.timers.soon(() => this.grant())
      return
    }
    this.granting = false
  }

  /** Turns away who has waited for too long, or is gone. */
  private sweep(): void {
    const now = this.clock.now()
    const left: Guest[] = []
    for (let place = this.queue.length - 1; place >= 0; place--) {
      const { gone, deadline } = this.queue[place]!
      if (gone || deadline <= now) left.push(this.take(place))
    }
    for (const each of left) each.refuse(each.gone ? abandoned : tooLate)
  }
}

import type { GatewayError } from '../errors.ts'
import type { Body } from '../operation/body.ts'
import type { Client, Dispatcher, Handler, Operation, Origin } from '../operation/operation.ts'
import type { Reply, WriteReply } from '../operation/reply.ts'
import { Roles } from '../operation/roles.ts'
import { mergeTokens, type Token } from '../operation/token.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { abandoned, tooLate, unanswered } from './shedding.ts'

/** A client that waits for the end of a revocation. */
export interface Waiter {
  readonly operation: Operation
  readonly handler: Handler
  answered?: boolean
}

/** Keys deleted by one operation. */
const chunkKeys = 256
const stepTimeoutMs = 5_000
const retryMs = { first: 50, most: 5_000 }

/** Headgate itself, as a client: it may do everything and is always there. */
const headgate: Client = { name: 'headgate', roles: new Roles(['read', 'write', 'admin']) }
const here: Origin = { gone: false }

/** Whoever runs revocations. */
export interface RevocationOwner {
  /** It is over: done, failed, or given up. */
  ended(revocation: Revocation): void
  /** A step failed: to be started again, not before `delayMs` have passed. */
  resting(revocation: Revocation, delayMs: number): void
}

/** The end of one lease, step by step. */
export class Revocation implements Handler {
  readonly id: number
  readonly #internal: Dispatcher
  readonly #runtime: Runtime
  readonly #owner: RevocationOwner
  readonly #waiters: Waiter[] = []
  /** Undefined until the lease is closed. */
  #keys: readonly Uint8Array[] | undefined
  #dropped = 0
  #positions: Token = []
  #attempts = 0
  /** Once something may have been closed, it has to be brought to its end. */
  #persistent = false
  #started = false
  /** What fails is tried again only while a client waits. */
  #leaving = false

  constructor(id: number, internal: Dispatcher, runtime: Runtime, owner: RevocationOwner) {
    this.id = id
    this.#internal = internal
    this.#runtime = runtime
    this.#owner = owner
  }

  /** A client waits for its end. */
  get awaited(): boolean {
    return this.#waiters.length > 0
  }

  /** It has to be brought to its end even if nobody waits. */
  get persistent(): boolean {
    return this.#persistent
  }

  join(waiter: Waiter): void {
    this.#waiters.push(waiter)
  }

  /** It has to be done, whether or not a client waits. */
  persist(): void {
    this.#persistent = true
  }

  start(): void {
    this.#started = true
    this.#dispatchStep()
  }

  /** From now on it is tried again only for a client: the shard will name the lease again after the next start. */
  leave(): void {
    this.#leaving = true
  }

  /** Answers clients whose deadline has passed, and those that are gone where the rest can be spared. */
  dismissOverdue(now: number): void {
    for (let i = this.#waiters.length - 1; i >= 0; i--) {
      const waiter = this.#waiters[i]!
      const { deadline, origin } = waiter.operation
      const spared = origin.gone && (!this.#started || this.#leaving)
      if (deadline > now && !spared) continue
      this.#waiters.splice(i, 1)
      this.#answerError(waiter, this.#overdue(origin.gone))
    }
  }

  onReply({ body }: Operation, reply: Reply): void {
    this.#attempts = 0
    this.#persistent = true
    this.#positions = mergeTokens(this.#positions, reply.positions)
    if (body.kind === 'lease-forget') return this.#finish()
    if (body.kind === 'lease-drop') this.#dropped += body.keys.length
    else if (reply.kind === 'leases') this.#keys = reply.leases[0]?.keys ?? []
    this.#dispatchStep()
  }

  onError({ body }: Operation, error: GatewayError): void {
    if (error.code === 'lease-not-found') {
      // Somebody else has ended it; only before it was closed here is that news to the client.
      if (this.#keys === undefined) this.#fail(error)
      else this.#finish()
      return
    }
    if (body.kind === 'lease-close' && error.outcome !== 'not-applied') this.#persistent = true
    if (!this.#persistent) return this.#fail(error)
    if (this.#leaving && !this.awaited) return this.#owner.ended(this)
    this.#owner.resting(this, Math.min(retryMs.most, retryMs.first * 2 ** this.#attempts++))
  }

  #dispatchStep(): void {
    const now = this.#runtime.clock.now()
    this.#internal.dispatch(
      {
        body: this.#nextBody(),
        client: headgate,
        origin: here,
        consistency: 'default',
        maxStalenessMs: 0,
        token: undefined,
        arrivedAt: now,
        deadline: now + stepTimeoutMs,
        priority: 'critical',
        idempotency: undefined,
        partial: false,
        tag: 0,
      },
      this,
    )
  }

  #nextBody(): Body {
    const { id } = this
    const keys = this.#keys
    if (keys === undefined) return { kind: 'lease-close', id }
    if (this.#dropped === keys.length) return { kind: 'lease-forget', id }
    return { kind: 'lease-drop', id, keys: keys.slice(this.#dropped, this.#dropped + chunkKeys) }
  }

  #finish(): void {
    this.#owner.ended(this)
    const reply: WriteReply = {
      kind: 'written',
      status: 'deleted',
      bucket: 0,
      version: undefined,
      previous: undefined,
      integer: this.#dropped,
      value: undefined,
      replayed: false,
      positions: this.#positions,
    }
    for (const waiter of this.#waiters.splice(0)) {
      waiter.answered = true
      waiter.handler.onReply(waiter.operation, reply)
    }
  }

  #fail(error: GatewayError): void {
    this.#owner.ended(this)
    for (const waiter of this.#waiters.splice(0)) this.#answerError(waiter, error)
  }

  #answerError(waiter: Waiter, error: GatewayError): void {
    waiter.answered = true
    waiter.handler.onError(waiter.operation, error)
  }

  /** What a client hears whose time is up, or nobody hears: only what was started may have been applied. */
  #overdue(gone: boolean): GatewayError {
    if (!this.#started) return gone ? abandoned(true) : tooLate(true)
    return unanswered(true)
  }
}

import { GatewayError } from '../../errors.ts'
import type { Body, Intent } from '../../operation/body.ts'
import type { Condition } from '../../operation/condition.ts'
import type { ScanQuery } from '../../operation/cursor.ts'
import type { Client, Handler, Operation, Origin } from '../../operation/operation.ts'
import type { Reply } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'
import type { Guest } from '../answer-room.ts'
import type { Outbox } from '../outbox.ts'
import { type Method, method } from './codec/methods.ts'
import type { RequestHead } from './codec/request-head.ts'
import type { HttpContext, RequestKind } from './context.ts'
import { PooledBodies } from './pooled-bodies.ts'
import { writeProblem } from './problem.ts'
import { HttpOperation, readOptions } from './request-options.ts'
import type { HttpSettings } from './settings.ts'

/** One thing the API can be asked for. Without state: what a request needs to remember is in its exchange. */
export interface Call {
  readonly kind: RequestKind
  readonly role: Intent
  /** May be under way beside other such calls of its connection. What changes something never is (RFC 9112 9.3.2). */
  readonly concurrent: boolean
  readonly bodyLimit: (settings: HttpSettings) => number
  readonly timeout: (settings: HttpSettings) => number
  /**
   * Begins the work: dispatches, or answers at once. `body` is a view that is valid until the exchange is complete.
   * May throw a `GatewayError`, which is then answered.
   */
  run(exchange: Exchange, head: RequestHead, body: Buffer): void
  /** Answers with what the exchange itself dispatched. */
  reply(exchange: Exchange, reply: Reply): void
}

/** What an exchange needs of its connection: a place in the order of answers. */
export interface ExchangeOwner {
  readonly outbox: Outbox
  readonly origin: Origin
  isFirst(exchange: Exchange): boolean
  isLast(exchange: Exchange): boolean
  readonly draining: boolean
  /** Nothing that is written gets anywhere any more. */
  readonly isClosed: boolean
  finished(exchange: Exchange): void
}

/** Somebody who waits for the client to take what was written. */
export interface Writer {
  onWritable(): void
}

const noPositions: readonly Position[] = []

/**
 * One request and its answer. Exchanges belong to their connection and are used again and again, together with the
 * operation in them, so that an ordinary request allocates next to nothing.
 */
export class Exchange implements Handler {
  readonly context: HttpContext
  readonly owner: ExchangeOwner
  readonly operation = new HttpOperation()
  call: Call = idle
  /** Answer without a body, as for HEAD. */
  headOnly = false
  /** The connection ends with this answer. */
  closes = false
  /** 0: the client speaks HTTP/1.0. */
  minorVersion = 1
  /** Under way: its answer is not complete. */
  running = false
  /** The dispatcher said that the operation had to wait. */
  waiting = false
  /** The answer, complete, of a request that is not first in line yet. */
  held: Buffer | undefined
  /** Value of `Allow` for a 405. */
  allow = ''
  /** The request named an Idempotency-Key, so it may be repeated whatever came of it. */
  repeatable = false
  /** The answer is that of an earlier request with the same Idempotency-Key. */
  replayed = false
  /** What a problem reflects, where the store was asked and answered. */
  positions: readonly Position[] = noPositions
  /** Bucket of the one key that was asked for; 0: none. */
  bucket = 0
  /** Preconditions of a read, evaluated on its answer. */
  condition: Condition | undefined
  /** What a page continues, for its cursor. */
  scan: ScanQuery | undefined
  readonly bodies = new PooledBodies()
  /** Streams that wait for the client. */
  writer: Writer | undefined
  private mark = -1
  private lent = false
  /** Room that the answer has while it is made. */
  private roomBytes = 0

  constructor(context: HttpContext, owner: ExchangeOwner) {
    this.context = context
    this.owner = owner
  }

  /** Takes up a request. */
  begin(arrivedAt: number, head: RequestHead, headOnly: boolean): void {
    this.operation.arrivedAt = arrivedAt
    this.operation.origin = this.owner.origin
    this.operation.tag = this.context.tags.next()
    this.call = isSafe(head.method) ? idle : idleWrite
    this.headOnly = headOnly
    this.closes = !head.keepAlive
    this.minorVersion = head.minorVersion
    this.running = true
    this.waiting = false
    this.held = undefined
    this.allow = ''
    this.repeatable = false
    this.replayed = false
    this.positions = noPositions
    this.bucket = 0
    this.condition = undefined
    this.scan = undefined
    this.writer = undefined
    this.mark = -1
  }

  /** Does what the call says, with whatever may go wrong turned into an answer. */
  run(head: RequestHead, client: Client, body: Buffer): void {
    const { operation, context, call } = this
    try {
      operation.client = client
      readOptions(operation, head, call.timeout(context.settings), context.settings.maxStalenessMs)
      call.run(this, head, body)
    } catch (error) {
      this.failWith(error)
    }
  }

  dispatch(body: Body, handler: Handler = this): void {
    this.operation.body = body
    this.send(this.operation, handler)
  }

  /**
   * Whether somebody may still hold the operation. An answer ends it for good, but an error may mean that the client
   * was told while the store goes on (a deadline): what the store then reads must not have changed.
   */
  get isLent(): boolean {
    return this.lent
  }

  /** Lets go of what the request referred to. */
  clear(): void {
    this.held = undefined
    this.operation.clear()
    this.bodies.clear()
  }

  /**
   * Goes on with `go` as soon as there is room for an answer of `bytes`. A request that waits takes `waitingBytes`. If
   * it has to wait for too long, or too many do, that is answered. `go` may throw a `GatewayError`.
   */
  withRoom(bytes: number, waitingBytes: number, go: () => void): void {
    const { operation, owner } = this
    const guest: Guest = {
      roomBytes: bytes,
      waitingBytes,
      deadline: operation.deadline,
      get gone() {
        return owner.origin.gone
      },
      enter: () => {
        this.roomBytes = bytes
        this.waiting = false
        try {
          go()
        } catch (thrown) {
          this.failWith(thrown)
        }
      },
      refuse: (error) => this.fail(error),
    }
    if (this.context.room.admit(guest)) {
      this.roomBytes = bytes
      go()
    } else this.waiting = this.running
  }

  /** The answer takes so much room until it is complete, whatever was foreseen. */
  takesRoom(bytes: number): void {
    this.context.room.resize(this.roomBytes, bytes)
    this.roomBytes = bytes
  }

  /** For calls that need several operations. */
  send(operation: Operation, handler: Handler): void {
    this.lent = true
    const accepted = this.context.dispatcher.dispatch(operation, handler)
    this.waiting = !accepted && this.running
  }

  onReply(operation: Operation, reply: Reply): void {
    if (!this.isMine(operation)) return
    this.lent = false
    try {
      this.call.reply(this, reply)
    } catch (error) {
      this.failWith(error)
    }
  }

  onError(operation: Operation, error: GatewayError): void {
    if (!this.isMine(operation)) return
    if (!this.mayGoOn(error)) this.lent = false
    this.fail(error)
  }

  /** Whether a store may still be at work for what is answered with this error, and read the operation. */
  private mayGoOn(error: GatewayError): boolean {
    return error.code === 'deadline' || !this.bodies.isOneStep(this.operation.body)
  }

  /** Answers a problem instead. */
  fail(error: GatewayError): void {
    if (this.running) writeProblem(this, error)
  }

  /** Answers a problem that is the store's answer: it carries what that reflects. */
  failAt(error: GatewayError, positions: readonly Position[], bucket: number): void {
    this.positions = positions
    this.bucket = bucket
    this.fail(error)
  }

  /** Where to write the answer: on the wire if it is its turn, else in a piece that waits for it. */
  open(): Outbox {
    const { owner } = this
    this.mark = owner.isFirst(this) ? -1 : owner.outbox.beginHeld()
    if (owner.draining && owner.isLast(this)) this.closes = true
    return owner.outbox
  }

  /** The answer is written. */
  complete(status: number, error?: GatewayError): void {
    const { context, owner, operation } = this
    if (this.mark >= 0) this.held = owner.outbox.endHeld(this.mark)
    this.running = false
    this.waiting = false
    this.writer = undefined
    if (this.roomBytes > 0) this.takesRoom(0)
    const { arrivedAt } = operation
    owner.finished(this)
    try {
      context.hooks.onRequest(this.call.kind, arrivedAt, context.runtime.clock.now(), status, error)
    } catch (thrown) {
      // Measuring must not get in the way of answering.
      context.hooks.onDefect(thrown)
    }
  }

  /** Answers with what was thrown. */
  failWith(thrown: unknown): void {
    this.fail(this.errorOf(thrown))
  }

  /** What to answer for what was thrown; whatever is no answer itself is reported as a defect. */
  errorOf(thrown: unknown): GatewayError {
    if (thrown instanceof GatewayError) return thrown
    this.context.hooks.onDefect(thrown)
    return new GatewayError('internal', 'The gateway met a defect of its own; its log says more.')
  }

  private isMine(operation: Operation): boolean {
    if (this.running && operation.tag === this.operation.tag) return true
    this.context.hooks.onDefect(new Error('an operation was answered twice'))
    return false
  }
}

function never(): never {
  throw new Error('no call was chosen')
}

/** What no call was found for, by whether its method may change something (RFC 9110 section 9.2.1). */
const idle: Call = {
  kind: 'none',
  role: 'read',
  concurrent: false,
  bodyLimit: () => 0,
  timeout: () => 0,
  run: never,
  reply: never,
}

const idleWrite: Call = { ...idle, role: 'write' }

function isSafe(name: Method): boolean {
  return name === method.get || name === method.head || name === method.options
}

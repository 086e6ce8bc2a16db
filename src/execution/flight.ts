import type { GatewayError } from '../errors.ts'
import { type Body, intentOf } from '../operation/body.ts'
import { bytesOfBody, copyBody } from '../operation/copy-body.ts'
import type { Handler, Operation } from '../operation/operation.ts'
import type { Reply } from '../operation/reply.ts'
import type { Lane } from './lane.ts'
import type { Waiting } from './limiter.ts'
import { brokenOff } from './shedding.ts'

/** One request at one shard, from asking for a permit to the store's answer. Reused: see `Lane`. */
export class Flight implements Handler, Waiting {
  readonly #lane: Lane
  /** Whether it holds a permit of the lane. */
  limited = false
  /** Monotonic milliseconds. */
  deadline = Number.NaN
  queuedAt = Number.NaN
  /** When it was sent, if it is one of those that are measured. */
  startedAt = Number.NaN
  waitedMs = 0
  /** Place among the lane's unanswered flights; -1 while it is not one. */
  place = -1
  bytes = 0
  #operation: Operation | undefined
  #body: Body | undefined
  /** Undefined once it was answered. */
  #handler: Handler | undefined
  #dispatching = false
  #over = false

  constructor(lane: Lane) {
    this.#lane = lane
  }

  board(body: Body, operation: Operation, handler: Handler, limited: boolean): void {
    this.#operation = operation
    this.#body = body
    this.#handler = handler
    this.limited = limited
    this.startedAt = Number.NaN
    this.waitedMs = 0
    this.#over = false
  }

  get client(): string {
    return this.#operation!.client.name
  }

  get write(): boolean {
    return intentOf[this.#body!.kind] === 'write'
  }

  get gone(): boolean {
    return this.#operation!.origin.gone || this.unwanted
  }

  /** See `Handler`. */
  get unwanted(): boolean {
    return this.#handler === undefined || this.#handler.unwanted === true
  }

  get body(): Body {
    return this.#body!
  }

  weigh(): void {
    this.bytes = bytesOfBody(this.#body!)
  }

  keepBody(): void {
    this.#body = copyBody(this.#body!)
  }

  start(): void {
    this.#lane.departs(this)
    this.send()
  }

  /** Answers what the session says about its backlog. */
  send(): boolean {
    this.#dispatching = true
    let accepted: boolean
    try {
      accepted = this.#lane.session.dispatch(this.#body!, this.#operation!, this)
    } catch (thrown) {
      this.#breakOff(thrown)
      return true
    }
    this.#dispatching = false
    if (this.#over) this.#lane.recycle(this)
    else this.#lane.track(this)
    return accepted
  }

  onReply(_operation: Operation, reply: Reply): void {
    const operation = this.#operation!
    const handler = this.#end(false)
    handler?.onReply(operation, reply)
    this.#lane.limiter.drain()
  }

  onError(_operation: Operation, error: GatewayError): void {
    const operation = this.#operation!
    const handler = this.#end(error.spec.source === 'store')
    handler?.onError(operation, error)
    this.#lane.limiter.drain()
  }

  refuse(error: GatewayError): void {
    const operation = this.#operation!
    const handler = this.#handler!
    this.#forget()
    this.#lane.recycle(this)
    handler.onError(operation, error)
  }

  /** Answers the client while the store goes on; its answer will be dropped, and gives the permit back. */
  giveUp(error: GatewayError): void {
    const handler = this.#handler
    this.#handler = undefined
    handler?.onError(this.#operation!, error)
  }

  get answered(): boolean {
    return this.#handler === undefined
  }

  /** The store has answered: gives the permit back and makes the flight free for reuse. Answers who wants to know. */
  #end(failed: boolean): Handler | undefined {
    const handler = this.#handler
    this.#lane.landed(this, failed)
    this.#over = true
    this.#forget()
    if (!this.#dispatching) this.#lane.recycle(this)
    return handler
  }

  /**
   * The store threw: nobody knows what it holds now, so it serves no longer. Not used again, since the store may still
   * know this flight. What is thrown after the answer is a defect of whoever was answered, and goes on.
   */
  #breakOff(thrown: unknown): void {
    if (this.#over) throw thrown
    const { write } = this
    this.#lane.session.fail?.(thrown instanceof Error ? thrown : new Error(String(thrown)))
    if (!this.#over) this.onError(this.#operation!, brokenOff(write))
  }

  #forget(): void {
    this.#operation = undefined
    this.#body = undefined
    this.#handler = undefined
  }
}

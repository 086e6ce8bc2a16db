import type { Socket } from 'node:net'
import { GatewayError } from '../../errors.ts'
import type { Client } from '../../operation/operation.ts'
import { onChunk, restOf } from '../input.ts'
import type { Connection, ConnectionOrigin } from '../listener.ts'
import { Outbox } from '../outbox.ts'
import { TurnShare } from '../turns.ts'
import { AnswerOrder } from './answer-order.ts'
import { ConnectionIdentity } from './authentication.ts'
import { BodyReader } from './body-reader.ts'
import { HeadParser } from './codec/head-parser.ts'
import { method } from './codec/methods.ts'
import type { RequestHead } from './codec/request-head.ts'
import type { HttpContext, Wakeable } from './context.ts'
import type { Exchange, ExchangeOwner } from './exchange.ts'
import { refusalOf } from './refusal.ts'
import { findResource, type RouteTable } from './routes.ts'

const maxTargetBytes = 8192
/** How long a connection that ended stays to let the client read the last answer before its own bytes reset it. */
const lingerMs = 2000
/** Bytes dropped meanwhile, after which nothing more is read. */
const maxDroppedBytes = 1024 * 1024

/** What a request is charged beside the bytes of its answer: 64 of them make a turn. */
const requestCharge = 2048

/**
 * A request with a longer body takes a turn of its own: reading it as JSON costs more than a slice. A body that is there
 * with its head is not counted, for a chunk is not that large.
 */
const largeBodyBytes = 128 * 1024

const noBytes = Buffer.alloc(0)
const blocked = -1
const continueLine = 'HTTP/1.1 100 Continue\r\n\r\n'

const tooSlow = new GatewayError('request-timeout', 'The request did not arrive in full within its time limit.')
const cutShort = new GatewayError('malformed', 'The stream ended before the body of the request.')

/**
 * One HTTP connection: reads requests, keeps them in order, ends what takes too long. Requests that only read may be
 * under way together; any other waits for those before it and is waited for by those behind it (RFC 9112 9.3.2).
 */
export class HttpConnection implements Connection, ExchangeOwner, Wakeable {
  readonly outbox: Outbox
  readonly origin: ConnectionOrigin
  draining = false
  isClosed = false
  private readonly context: HttpContext
  private readonly routes: RouteTable
  private readonly socket: Socket
  private readonly parser: HeadParser
  private readonly identity: ConnectionIdentity
  private readonly answers: AnswerOrder
  private readonly share: TurnShare
  private body: BodyReader | undefined
  /** The request whose body is arriving, and who sent it. */
  private receiving: Exchange | undefined
  private client: Client | undefined
  /** The request whose body has come and which waits for a turn of its own, and when it came. */
  private received: Exchange | undefined
  private receivedAt = 0
  /** The request that must be answered before another may begin. */
  private blocker: Exchange | undefined
  /** The next request waits until none is under way. */
  private wantsIdle = false
  /** Bytes that came and are not read, and whether that is for want of permission rather than of more bytes. */
  private input: Buffer | undefined
  private stalled = false
  private paused = false
  private inputClosed = false
  private inputEnded = false
  private ending = false
  /** No request has come yet. */
  private fresh = true
  private processing = false
  private woken = false
  private now: number
  private startedAt: number
  private activeAt: number
  private lingerUntil = 0
  private droppedBytes = 0
  private takenBytes = 0
  private takenAt: number

  constructor(context: HttpContext, routes: RouteTable, socket: Socket, origin: ConnectionOrigin) {
    this.context = context
    this.routes = routes
    this.socket = socket
    this.origin = origin
    this.outbox = new Outbox(context.output, socket)
    this.parser = new HeadParser({ maxTargetBytes, ...context.settings })
    this.identity = new ConnectionIdentity(context.authenticator, context.pages)
    this.answers = new AnswerOrder(context, this)
    this.share = new TurnShare(context.turns, this.outbox, requestCharge, () => this.turn())
    this.now = context.runtime.clock.now()
    this.startedAt = this.now
    this.activeAt = this.now
    this.takenAt = this.now
    onChunk(socket, (chunk) => this.receive(chunk))
    socket.on('end', () => this.endOfInput())
    socket.on('drain', () => this.drained())
  }

  isFirst(exchange: Exchange): boolean {
    return this.answers.head === exchange
  }

  isLast(exchange: Exchange): boolean {
    return this.answers.last === exchange
  }

  finished(exchange: Exchange): void {
    if (this.blocker === exchange) {
      this.blocker = undefined
      this.body?.clear()
    }
    if (this.receiving === exchange) this.receiving = undefined
    if (this.isFirst(exchange) && this.answers.advance(this.outbox)) {
      this.inputClosed = true
      this.ending = true
    }
    if (!this.processing) this.wake()
  }

  wake(): void {
    if (this.woken) return
    this.woken = true
    this.context.wake(this)
  }

  turn(): void {
    this.woken = false
    this.arrive(this.context.runtime.clock.now())
    this.process()
    this.settle()
  }

  sweep(nowMs: number): void {
    const { headersTimeoutMs, requestTimeoutMs, idleTimeoutMs } = this.context.settings
    this.now = nowMs
    this.context.heads.now = nowMs
    if (this.lingerUntil > 0) {
      if (nowMs > this.lingerUntil && this.socket.writableLength === 0) this.socket.destroy()
    } else if (this.receiving !== undefined) {
      if (nowMs - this.startedAt > requestTimeoutMs) this.giveUp(this.receiving, tooSlow)
    } else if (this.parser.begun && this.received === undefined) {
      if (nowMs - this.startedAt > headersTimeoutMs) this.giveUp(this.take(this.parser.head), tooSlow)
    } else if (this.answers.count === 0) {
      // Who connects and says nothing has as long as who says it slowly.
      if (nowMs - this.activeAt > (this.fresh ? headersTimeoutMs : idleTimeoutMs)) this.endOutput()
    }
    this.checkProgress(nowMs, requestTimeoutMs)
    if (this.stalled) this.share.wait()
  }

  finish(): void {
    this.draining = true
    this.settle()
  }

  closed(): void {
    this.isClosed = true
    this.inputClosed = true
    this.input = undefined
    this.received = undefined
    this.outbox.discard()
    this.body?.clear()
    this.answers.head?.writer?.onWritable()
  }

  private receive(chunk: Buffer): void {
    this.arrive(this.context.runtime.clock.now())
    if (this.inputClosed) {
      this.droppedBytes += chunk.length
      if (this.droppedBytes > maxDroppedBytes) this.socket.pause()
      return
    }
    this.input = this.input === undefined ? chunk : Buffer.concat([this.input, chunk])
    if (this.processing) return
    this.process()
    this.settle()
  }

  private arrive(now: number): void {
    this.now = now
    this.activeAt = now
    this.context.heads.now = now
  }

  private endOfInput(): void {
    this.inputEnded = true
    // A client may end only its own side, but almost always it is gone: what waits for its turn and what takes many
    // turns ends. What is answered all the same is sent. (Redis clients end their side behind a pipeline, and get all.)
    this.origin.gone = this.received === undefined
    if (this.receiving !== undefined) this.giveUp(this.receiving, cutShort)
    this.process()
    this.settle()
  }

  private drained(): void {
    this.answers.head?.writer?.onWritable()
    this.turn()
  }

  /** Reads as many requests as there are and as may begin. */
  private process(): void {
    const bytes = this.input ?? noBytes
    if (bytes.length === 0 && this.received === undefined) return
    this.stalled = !this.share.begin()
    if (this.stalled) return
    this.processing = true
    this.runReceived()
    let at = 0
    while (at < bytes.length && !this.inputClosed) {
      const next = this.receiving === undefined ? this.readHead(bytes, at) : this.readBody(this.receiving, bytes, at)
      if (next === blocked) break
      at = next
    }
    this.processing = false
    this.input = this.inputClosed ? undefined : restOf(bytes, at)
  }

  /** After reading or waking: writes, and sees whether the connection has come to its end or reading to a stop. */
  private settle(): void {
    this.outbox.flushSoon()
    const idle = this.answers.count === 0
    const between = !this.parser.begun && this.receiving === undefined
    // Whole requests may still wait for their turn.
    const allAnswered = this.inputEnded && !this.stalled && !this.isOverfull()
    if (idle && (this.ending || (this.draining && between) || allAnswered)) this.endOutput()
    this.outbox.keepsInput(this.stalled ? (this.input?.length ?? 0) + this.socket.readableLength : 0)
    if (this.stalled !== this.paused) {
      this.paused = this.stalled
      if (this.stalled) this.socket.pause()
      else this.socket.resume()
    }
  }

  /** Whether the client leaves too much unread, once what waits for the end of this turn has been handed over. */
  private isOverfull(): boolean {
    if (this.outbox.full) this.outbox.flush()
    return this.outbox.full
  }

  private mayBegin(): boolean {
    const { count } = this.answers
    if (this.blocker !== undefined || (this.draining && !this.parser.begun)) return false
    if (this.isOverfull()) return false
    if (count === 0) {
      this.wantsIdle = false
      return true
    }
    if (this.wantsIdle || count >= this.context.settings.pipelineHttp) return false
    // Answers come whole: those under way must fit the output, or a client who reads them all would be cut off.
    const room = this.context.output.limits.hardBytes - this.outbox.backlog
    return room >= (count + 1) * this.context.settings.maxValueBytes
  }

  private readHead(bytes: Buffer, at: number): number {
    if (!(this.mayBegin() && this.share.goOn())) {
      this.stalled = true
      return blocked
    }
    if (!this.parser.begun) this.startedAt = this.now
    const state = this.parser.parse(bytes, at, bytes.length)
    if (state === 'complete') return this.begin(bytes, at)
    if (state === 'wait') return blocked
    const exchange = this.take(this.parser.head)
    exchange.closes = true
    this.inputClosed = true
    exchange.fail(this.parser.error)
    // No request has begun any more that could be found too slow.
    this.parser.reset()
    return bytes.length
  }

  private take(head: RequestHead): Exchange {
    const exchange = this.answers.take()
    this.fresh = false
    exchange.begin(this.now, head, head.method === method.head)
    return exchange
  }

  private begin(bytes: Buffer, at: number): number {
    const { head } = this.parser
    const resource = findResource(this.routes, head)
    const call = resource?.calls[head.method]
    const hasBody = head.chunked || (head.contentLength ?? 0) > 0
    const alone = hasBody || call === undefined || !call.concurrent
    if (alone && this.answers.count > 0) {
      this.wantsIdle = true
      this.stalled = true
      this.parser.reset()
      return blocked
    }
    const exchange = this.take(head)
    if (alone) this.blocker = exchange
    if (exchange.closes) this.inputClosed = true
    const bodyAt = at + head.length
    const whole = !head.chunked && bodyAt + (head.contentLength ?? 0) <= bytes.length
    const client = this.identity.clientOf(head)
    const refusal = refusalOf(exchange, head, resource, client, this.identity.refusalOf(head, client))
    const next = whole ? bodyAt + (head.contentLength ?? 0) : bodyAt
    if (refusal !== undefined) {
      if (!whole) exchange.closes = true
      exchange.fail(refusal)
    } else if (whole) {
      this.run(exchange, client!, next === bodyAt ? noBytes : bytes.subarray(bodyAt, next))
      return next
    } else {
      this.receiveBody(exchange, client!, bodyAt === bytes.length)
      return next
    }
    this.parser.reset()
    return next
  }

  private run(exchange: Exchange, client: Client, body: Buffer, arrivedAt = this.now): void {
    exchange.operation.arrivedAt = arrivedAt
    exchange.run(this.parser.head, client, body)
    this.parser.reset()
    if (exchange.running && exchange.waiting) this.blocker = exchange
  }

  private receiveBody(exchange: Exchange, client: Client, nothingYet: boolean): void {
    const { head } = this.parser
    this.inputClosed = false
    this.receiving = exchange
    this.client = client
    this.body ??= new BodyReader(this.context.bodies)
    this.body.begin(head, exchange.call.bodyLimit(this.context.settings))
    head.detach()
    if (head.expectsContinue && nothingYet) this.outbox.text(continueLine)
  }

  private readBody(exchange: Exchange, bytes: Buffer, at: number): number {
    const body = this.body!
    const next = body.read(bytes, at)
    if (next < 0) {
      exchange.closes = true
      this.inputClosed = true
      exchange.fail(body.error!)
      this.parser.reset()
      return bytes.length
    }
    if (!body.done) return next
    this.receiving = undefined
    this.received = exchange
    this.receivedAt = this.now
    if (exchange.closes) this.inputClosed = true
    if (body.bytes().length > largeBodyBytes) this.share.yield()
    else this.runReceived()
    return next
  }

  private runReceived(): void {
    const exchange = this.received
    if (exchange === undefined) return
    this.received = undefined
    this.run(exchange, this.client!, this.body!.bytes(), this.receivedAt)
    if (this.inputEnded) this.origin.gone = true
  }

  private giveUp(exchange: Exchange, error: GatewayError): void {
    exchange.closes = true
    this.inputClosed = true
    this.input = undefined
    exchange.fail(error)
    this.parser.reset()
  }

  /** A client that takes nothing of its answers for long enough is as good as gone. */
  private checkProgress(nowMs: number, stallMs: number): void {
    const { socket } = this
    const taken = socket.bytesWritten - socket.writableLength
    if (taken !== this.takenBytes || socket.writableLength === 0) {
      this.takenBytes = taken
      this.takenAt = nowMs
    } else if (nowMs - this.takenAt > stallMs) socket.destroy()
  }

  private endOutput(): void {
    if (this.lingerUntil > 0) return
    this.inputClosed = true
    this.input = undefined
    this.lingerUntil = this.now + lingerMs
    this.stalled = false
    this.outbox.flush()
    this.socket.end()
  }
}

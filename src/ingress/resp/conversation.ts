import { GatewayError } from '../../errors.ts'
import type { Body } from '../../operation/body.ts'
import type { Client, Handler, Operation, Origin } from '../../operation/operation.ts'
import type { Reply } from '../../operation/reply.ts'
import { Roles } from '../../operation/roles.ts'
import type { Outbox } from '../outbox.ts'
import type { Arguments } from './arguments.ts'
import type { BatchReporter } from './batch-reports.ts'
import type { Command, ControlContext } from './commands/command.ts'
import { errorText } from './error-text.ts'
import { Exchange } from './exchange.ts'
import { ExchangeRing } from './exchange-ring.ts'
import { ReplyWriter } from './reply-writer.ts'
import type { RespServer } from './resp-server.ts'
import type { Session } from './session.ts'
import { type Next, Pause, Shape } from './shape.ts'

/**
 * The asking and answering of one connection: commands become operations, answers become replies in the order of the
 * commands, whatever order they come in. An answer whose turn it is goes straight into the outbox; only others are
 * kept. It is the context commands run in.
 */
export class Conversation implements ControlContext, Handler, BatchReporter {
  readonly args: Arguments
  readonly server: RespServer
  readonly session: Session
  readonly out: ReplyWriter
  /** The command that is running. */
  command: Command
  /** Time of the read event being worked on and the deadline of what it asks; monotonic milliseconds. */
  arrivedAt = 0
  deadline = 0
  /** True while a read event is being worked on, which flushes and reports when it is done. */
  reading = false
  /** The connection is gone; answers still to come are for nobody. */
  closed = false
  /** An operation had to wait, and so should the client. */
  private holder: Exchange | undefined
  private readonly ring: ExchangeRing
  private readonly outbox: Outbox
  private readonly onProgress: () => void
  /** Place and mark of a reply that is being written before its turn. */
  private early: Exchange | undefined
  private earlyMark = 0
  private batchAt = 0
  private batchReads = 0
  private batchWrites = 0
  private reportDue = false

  /** `onProgress` is called after an answer came outside a read event. */
  constructor(
    server: RespServer,
    session: Session,
    args: Arguments,
    outbox: Outbox,
    origin: Origin,
    onProgress: () => void,
  ) {
    this.server = server
    this.session = session
    this.args = args
    this.outbox = outbox
    this.out = new ReplyWriter(outbox)
    this.onProgress = onProgress
    const [anyCommand] = server.commands.all
    this.command = anyCommand!
    const { maxStalenessMs } = server.settings
    this.ring = new ExchangeRing(
      () => new Exchange(origin, session.client ?? nobody, maxStalenessMs, anyCommand!, noShape),
    )
  }

  get rights(): number {
    return this.session.rights
  }

  /** Commands whose reply has not been written. */
  get inFlight(): number {
    return this.ring.inFlight
  }

  /** Whether an operation had to wait and has not been answered. */
  get holding(): boolean {
    return this.holder !== undefined
  }

  ask(body: Body, shape: Shape, detail = 0, extra: unknown = undefined): undefined {
    const exchange = this.place(shape, detail)
    exchange.extra = extra
    exchange.body = body
    if (body.kind === 'size') exchange.deadline = this.arrivedAt + this.server.settings.queryTimeoutMs
    this.send(exchange)
  }

  askGet(projection: 'value' | 'meta', shape: Shape, detail: number): undefined {
    const { bytes, places } = this.args
    const exchange = this.place(shape, detail)
    exchange.get(bytes, places[2]!, places[3]!, projection)
    this.send(exchange)
  }

  askPut(shape: Shape): undefined {
    const { bytes, places } = this.args
    const exchange = this.place(shape, 0)
    exchange.put(bytes, places[2]!, places[3]!, this.args.view(2))
    this.send(exchange)
  }

  /** The connection is gone: gives back what commands under way took. */
  close(): void {
    this.closed = true
    this.ring.release()
  }

  /** Brackets a reply written at once: if others are still to come before it, it is kept. */
  begin(): void {
    if (this.ring.inFlight === 0) return
    this.early = this.ring.push()
    this.earlyMark = this.outbox.beginHeld()
  }

  end(): void {
    const exchange = this.early
    if (exchange === undefined) return
    this.early = undefined
    exchange.held = this.outbox.endHeld(this.earlyMark)
    exchange.waiting = false
  }

  /** Replies with an error. */
  fail(text: string): void {
    this.begin()
    this.out.error(text)
    this.end()
  }

  onReply(operation: Operation, reply: Reply): void {
    const exchange = this.ring.find(operation.tag)
    if (exchange === undefined || this.closed) return
    this.session.token.learn(reply.positions)
    if (exchange === this.ring.first) {
      const next = exchange.shape.reply(this.out, reply, exchange)
      if (next !== undefined) this.goOn(exchange, next)
      else this.settleFirst(exchange, true)
    } else {
      const mark = this.outbox.beginHeld()
      const next = exchange.shape.reply(this.out, reply, exchange)
      const held = this.outbox.endHeld(mark)
      if (next !== undefined) this.goOn(exchange, next)
      else this.settleLater(exchange, held, true)
    }
  }

  onError(operation: Operation, error: GatewayError): void {
    const asked = this.ring.find(operation.tag)
    if (asked === undefined || this.closed) return
    const exchange = mayGoOn(asked, error) ? this.replace(asked) : asked
    if (error.code === 'history-changed') this.session.token.forget()
    if (exchange === this.ring.first) {
      this.settleFirst(exchange, this.writeError(exchange, error))
    } else {
      const mark = this.outbox.beginHeld()
      const counts = this.writeError(exchange, error)
      this.settleLater(exchange, this.outbox.endHeld(mark), counts)
    }
  }

  /** Tells the telemetry what was answered since the last report. */
  report(nowMs: number): void {
    this.reportDue = false
    const { telemetry } = this.server
    if (this.batchReads > 0) telemetry.onBatch('read', this.batchReads, this.batchAt, nowMs)
    if (this.batchWrites > 0) telemetry.onBatch('write', this.batchWrites, this.batchAt, nowMs)
    this.batchReads = 0
    this.batchWrites = 0
  }

  /** Whether there is anything to report. */
  get counted(): boolean {
    return this.batchReads + this.batchWrites > 0
  }

  private place(shape: Shape, detail: number): Exchange {
    const exchange = this.ring.push()
    exchange.command = this.command
    exchange.shape = shape
    exchange.detail = detail
    exchange.client = this.session.client ?? nobody
    exchange.arrivedAt = this.arrivedAt
    exchange.deadline = this.deadline
    return exchange
  }

  private send(exchange: Exchange): void {
    const { tag } = exchange
    exchange.token = exchange.command.writes ? undefined : this.session.token.token
    const go = this.server.dispatcher.dispatch(exchange, this)
    if (!go && exchange.waiting && exchange.tag === tag) this.holder = exchange
  }

  /** The next step of a command that takes several, with time of its own; not at once, to give others a turn. Or its end. */
  private goOn(exchange: Exchange, next: Next): void {
    const { tag } = exchange
    const isOver = (): boolean => this.closed || !exchange.waiting || exchange.tag !== tag
    if (next instanceof GatewayError) return this.onError(exchange, next)
    if (next instanceof Pause) {
      next.begin((then) => {
        if (!isOver()) this.goOn(exchange, then)
      }, isOver)
      return
    }
    this.server.runtime.timers.soon(() => {
      if (isOver()) return
      exchange.deadline = this.server.runtime.clock.now() + this.server.settings.timeoutMs
      exchange.body = next
      this.send(exchange)
    })
  }

  private replace(lent: Exchange): Exchange {
    const exchange = this.ring.replace(lent)
    if (this.holder === lent) this.holder = exchange
    return exchange
  }

  /** Whether it reads as an answer all the same, and counts as one. */
  private writeError(exchange: Exchange, error: GatewayError): boolean {
    const { command } = exchange
    if (exchange.shape.error?.(this.out, error, exchange) === true) return true
    this.out.error(errorText(error, command.name))
    this.server.telemetry.onError(command.writes ? 'write' : 'read', error)
    return false
  }

  private settleFirst(exchange: Exchange, counts: boolean): void {
    this.finish(exchange, counts)
    const { ring } = this
    ring.shift()
    while (ring.inFlight > 0 && !ring.first.waiting) {
      const { first } = ring
      if (first.held !== undefined) this.outbox.release(first.held)
      first.held = undefined
      ring.shift()
    }
    if (!this.reading) this.onProgress()
  }

  private settleLater(exchange: Exchange, held: Buffer, counts: boolean): void {
    exchange.held = held
    this.finish(exchange, counts)
    if (!this.reading) this.onProgress()
  }

  private finish(exchange: Exchange, counts: boolean): void {
    exchange.waiting = false
    exchange.letGo()
    if (exchange === this.holder) this.holder = undefined
    if (!counts) return
    if (exchange.arrivedAt !== this.batchAt) {
      if (this.counted) this.report(this.server.runtime.clock.now())
      this.batchAt = exchange.arrivedAt
    }
    if (exchange.command.writes) this.batchWrites++
    else this.batchReads++
    if (this.reading || this.reportDue) return
    this.reportDue = true
    this.server.reports.soon(this)
  }
}

/**
 * Whether a store may still be at work for what is answered with this error: the deadline has passed, or one shard of
 * several could not do its part. What it reads of the operation must not change then.
 */
function mayGoOn(exchange: Exchange, error: GatewayError): boolean {
  return error.code === 'deadline' || !exchange.isPlain
}

/** Stands in exchanges that have not been used; nothing is asked before the client is known. */
const nobody: Client = { name: '', roles: new Roles([]) }
const noShape = new Shape(() => undefined)

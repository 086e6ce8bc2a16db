import type { GatewayError } from '../../errors.ts'
import type { Position } from '../../operation/token.ts'
import type { Exchange, Writer } from './exchange.ts'
import { problemJson } from './problem.ts'

/**
 * An answer of JSON texts, one a line, of unknown length: chunked for HTTP/1.1, ended by the connection for HTTP/1.0.
 * The last line is `end` or `error`, so that a cut stream is never taken for a whole one.
 */
export class LineStream {
  private readonly exchange: Exchange
  private begun = false

  constructor(exchange: Exchange) {
    this.exchange = exchange
  }

  /** Nobody reads any more. */
  get gone(): boolean {
    return this.exchange.owner.isClosed
  }

  /** Sends lines, each with its line end; the first call also sends the head. */
  send(lines: string, positions: readonly Position[]): void {
    if (lines === '') return
    if (!this.begun) this.begin(positions)
    const { outbox } = this.exchange.owner
    const bytes = Buffer.from(lines, 'utf8')
    const chunked = this.exchange.minorVersion === 1
    if (chunked) outbox.text(`${bytes.length.toString(16)}\r\n`)
    outbox.owned(bytes)
    if (chunked) outbox.text('\r\n')
  }

  /**
   * Calls back, once, when more may be sent; not before the events that are waiting had their turn. A socket whose bytes
   * the system takes at once says so in the same turn.
   */
  whenWritable(resume: () => void): void {
    const { owner, context } = this.exchange
    owner.outbox.flush()
    const waiting: Writer = {
      onWritable: () => {
        if (this.exchange.writer !== waiting) return
        this.exchange.writer = undefined
        context.runtime.timers.soon(resume)
      },
    }
    this.exchange.writer = waiting
    if (!owner.outbox.full) waiting.onWritable()
  }

  /** Ends well: `members` are those of the `end` object. */
  end(members: string, positions: readonly Position[]): void {
    this.send(`{"end":{${members}}}\n`, positions)
    this.finish()
  }

  /** Ends with an error: a problem of its own if nothing was sent, else the last line. */
  fail(error: GatewayError): void {
    if (!this.begun) {
      this.exchange.fail(error)
      return
    }
    this.send(`{"error":${problemJson(error, { write: false, repeatable: false })}}\n`, [])
    this.finish(error)
  }

  /** The client is gone: nothing more to do. */
  abandon(): void {
    this.exchange.complete(200)
  }

  private begin(positions: readonly Position[]): void {
    const { exchange } = this
    const { heads } = exchange.context
    this.begun = true
    const outbox = exchange.open()
    const chunked = exchange.minorVersion === 1
    if (!chunked) exchange.closes = true
    heads.begin(outbox, 200, exchange.closes)
    heads.positions(positions)
    heads.contentType('application/x-ndjson')
    if (chunked) heads.line('Transfer-Encoding', 'chunked')
    heads.end()
  }

  private finish(error?: GatewayError): void {
    if (this.exchange.minorVersion === 1) this.exchange.owner.outbox.text('0\r\n\r\n')
    this.exchange.complete(200, error)
  }
}

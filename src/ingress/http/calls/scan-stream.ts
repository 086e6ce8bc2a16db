import type { GatewayError } from '../../../errors.ts'
import { encodeCursor, type ScanQuery } from '../../../operation/cursor.ts'
import { rangeAfter } from '../../../operation/key-range.ts'
import type { Handler, Operation } from '../../../operation/operation.ts'
import type { MissingShard, PageReply, Reply } from '../../../operation/reply.ts'
import { formatToken, mergeTokens, type Token } from '../../../operation/token.ts'
import type { Exchange } from '../exchange.ts'
import { partialMembers, recordJson } from '../json-answer.ts'
import { LineStream } from '../line-stream.ts'

/** One page of a stream: small enough that others get their turn between two of them. */
const pageRecords = 500
const pageBytes = 512 * 1024

/**
 * A scan as a stream: one bounded page after another, the next one asked for only when the client has taken enough of
 * those before. Holds one page at a time; no snapshot.
 */
export class ScanStream implements Handler {
  private readonly exchange: Exchange
  private readonly query: ScanQuery
  private readonly lines: LineStream
  private last: Uint8Array | undefined
  private remaining: number
  private count = 0
  private token: Token = []
  private readonly missing = new Map<number, MissingShard>()

  constructor(exchange: Exchange, query: ScanQuery, after: Uint8Array | undefined, limit: number) {
    this.exchange = exchange
    this.query = query
    this.lines = new LineStream(exchange)
    this.last = after
    this.remaining = limit
  }

  begin(): void {
    this.nextPage(this.exchange.operation.arrivedAt)
  }

  onReply(_operation: Operation, reply: Reply): void {
    if (this.lines.gone) {
      this.lines.abandon()
      return
    }
    try {
      if (reply.kind !== 'page') throw new Error(`a page was answered with ${reply.kind}`)
      this.take(reply)
      if (!reply.more || this.remaining === 0) this.end(reply.more)
      else this.lines.whenWritable(() => this.resume())
    } catch (thrown) {
      this.lines.fail(this.exchange.errorOf(thrown))
    }
  }

  onError(_operation: Operation, error: GatewayError): void {
    this.lines.fail(error)
  }

  private resume(): void {
    if (this.lines.gone) this.lines.abandon()
    else this.nextPage(this.exchange.context.runtime.clock.now())
  }

  private nextPage(now: number): void {
    const { range, order, values } = this.query
    const { operation } = this.exchange
    const rest = this.last === undefined ? range : rangeAfter(range, order, this.last)
    const limit = Math.min(pageRecords, this.remaining)
    const body = { kind: 'scan', range: rest, order, limit, maxBytes: pageBytes, values } as const
    const allowance = operation.deadline - operation.arrivedAt
    // A new object for each page: an operation does not change once it was dispatched.
    const page: Operation = { ...operation, body, token: this.nextToken(), arrivedAt: now, deadline: now + allowance }
    this.exchange.send(page, this)
  }

  /** A later page must not show an older state than those before it. */
  private nextToken(): Token | undefined {
    const { token } = this.exchange.operation
    if (this.token.length === 0) return token
    return token === undefined ? this.token : mergeTokens(token, this.token)
  }

  private take({ entries, positions, missing }: PageReply): void {
    const { values } = this.query
    let text = ''
    for (const { key, record, size } of entries) text += `{"record":${recordJson(key, record, size, values)}}\n`
    this.token = mergeTokens(this.token, positions)
    for (const shard of missing ?? []) this.missing.set(shard.shard, shard)
    this.lines.send(text, positions)
    const last = entries.at(-1)
    if (last !== undefined) this.last = Buffer.from(last.key)
    this.count += entries.length
    this.remaining -= entries.length
  }

  private end(more: boolean): void {
    const { secret } = this.exchange.context
    const cursor = more && this.last !== undefined ? `,"cursor":"${encodeCursor(secret, this.query, this.last)}"` : ''
    const there = this.token.filter(({ shard }) => !this.missing.has(shard))
    const shards = partialMembers(there, [...this.missing.values()])
    const token = this.token.length === 0 ? '' : `,"token":"${formatToken(this.token)}"`
    this.lines.end(`"count":${this.count}${cursor}${shards}${token}`, this.token)
  }
}

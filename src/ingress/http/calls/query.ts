import { GatewayError } from '../../../errors.ts'
import { rangeOf } from '../../../operation/key-range.ts'
import type { Handler, Operation } from '../../../operation/operation.ts'
import { finishQuery, type QueryResult } from '../../../operation/query/finish.ts'
import { parseQuery } from '../../../operation/query/parse.ts'
import type { Query } from '../../../operation/query/query.ts'
import type { QueryReply, Reply } from '../../../operation/reply.ts'
import { formatToken, type Position } from '../../../operation/token.ts'
import { noRoom } from '../../answer-room.ts'
import { wantsLines } from '../accept.ts'
import type { RequestHead } from '../codec/request-head.ts'
import type { Call, Exchange } from '../exchange.ts'
import { partialMembers, tokenIsLong, writeJson } from '../json-answer.ts'
import { parseJson } from '../json-request.ts'
import { LineStream } from '../line-stream.ts'
import { Parameters } from '../parameters.ts'
import { readToken } from '../request-options.ts'
import { isSmallAnswer, SlicedJson } from '../sliced-json.ts'

/** What a turn of the event loop makes lines of. */
const sliceLines = 500
const sliceCharacters = 128 * 1024

/** Queries are bounded in what they compare with; larger ones would be refused once they are parsed. */
const mostBodyBytes = 1024 * 1024
const mostBodyParts = 50_000

/** `POST /v1/query`. */
export const query: Call = {
  kind: 'query',
  role: 'read',
  concurrent: false,
  bodyLimit: ({ maxRequestBytes }) => Math.min(maxRequestBytes, mostBodyBytes),
  timeout: ({ queryTimeoutMs }) => queryTimeoutMs,
  run,
  reply: () => {
    throw new Error('queries are answered by their own handler')
  },
}

function run(exchange: Exchange, head: RequestHead, body: Buffer): void {
  new Parameters(head, [])
  const json = parseJson(body, mostBodyParts)
  const parsed = parseQuery(json)
  if (parsed instanceof GatewayError) throw parsed
  const { token } = json as { token?: unknown }
  if (token !== undefined) {
    if (typeof token !== 'string') throw new GatewayError('bad-token', 'The token is not a string.')
    exchange.operation.token = readToken(token)
  }
  // How much it will answer nobody knows, so that it takes no room yet.
  if (exchange.context.room.full) throw noRoom
  const range = rangeOf({ prefix: parsed.prefix })
  exchange.dispatch({ kind: 'query', range, query: parsed }, new QueryAnswer(exchange, parsed, wantsLines(head)))
}

/** Turns the merged answer of the shards into JSON. */
class QueryAnswer implements Handler {
  private readonly exchange: Exchange
  private readonly query: Query
  private readonly lines: boolean

  constructor(exchange: Exchange, parsed: Query, lines: boolean) {
    this.exchange = exchange
    this.query = parsed
    this.lines = lines
  }

  onReply(_operation: Operation, reply: Reply): void {
    try {
      if (reply.kind !== 'query') throw new Error(`a query was answered with ${reply.kind}`)
      if (this.lines) this.writeLines(reply)
      else this.writeObject(reply)
    } catch (thrown) {
      this.exchange.failWith(thrown)
    }
  }

  onError(_operation: Operation, error: GatewayError): void {
    this.exchange.fail(error)
  }

  private writeObject({ partial, positions, missing }: QueryReply): void {
    const { kind, count, bytes, text } = finishQuery(this.query, partial)
    const rest = `]${partialMembers(positions, missing)}`
    if (isSmallAnswer(count, bytes)) {
      const items = Array.from({ length: count }, (_, i) => text(i))
      writeJson(this.exchange, 200, positions, `{"${kind}":[${items.join(',')}${rest}}`)
      return
    }
    if (this.exchange.context.room.full) throw noRoom
    const json = new SlicedJson(this.exchange, positions)
    json.text(`{"${kind}":[`)
    for (let i = 0; i < count; i++) json.text(() => `${i === 0 ? '' : ','}${text(i)}`)
    json.text(rest)
    json.close()
    // The rows and their texts: rows stay until all of them are written.
    json.send(2 * bytes)
  }

  private writeLines({ partial, positions, missing }: QueryReply): void {
    const result = finishQuery(this.query, partial)
    const token = tokenIsLong(positions) ? `,"token":"${formatToken(positions)}"` : ''
    const end = `"count":${result.count}${partialMembers(positions, missing)}${token}`
    new ResultLines(this.exchange, result, positions, end).send()
  }
}

/** Lines that others may come between: a slice of them in a turn, and none while the client does not take them. */
class ResultLines {
  private readonly stream: LineStream
  private readonly exchange: Exchange
  private readonly result: QueryResult
  private readonly positions: readonly Position[]
  private readonly end: string
  private next = 0
  /** What of the result counts as held for the client. */
  private heldBytes = 0

  constructor(exchange: Exchange, result: QueryResult, positions: readonly Position[], end: string) {
    this.stream = new LineStream(exchange)
    this.exchange = exchange
    this.result = result
    this.positions = positions
    this.end = end
  }

  send(): void {
    const { stream, result, positions } = this
    if (stream.gone) {
      this.hold(0)
      stream.abandon()
      return
    }
    try {
      stream.send(this.slice(), positions)
      if (this.next === result.count) {
        this.hold(0)
        stream.end(this.end, positions)
        return
      }
      this.hold(result.bytes)
      stream.whenWritable(() => this.send())
    } catch (thrown) {
      this.hold(0)
      stream.fail(this.exchange.errorOf(thrown))
    }
  }

  /** The rows stay in memory until the client has taken them. */
  private hold(bytes: number): void {
    this.heldBytes = this.exchange.owner.outbox.holds(this.heldBytes, bytes)
  }

  private slice(): string {
    const { count, kind, text } = this.result
    const name = kind === 'rows' ? 'row' : 'group'
    const last = Math.min(count, this.next + sliceLines)
    let lines = ''
    while (this.next < last && lines.length < sliceCharacters) lines += `{"${name}":${text(this.next++)}}\n`
    return lines
  }
}

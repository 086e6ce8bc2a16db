import { GatewayError } from '../../../errors.ts'
import { rangeOf } from '../../../operation/key-range.ts'
import type { Handler, Operation } from '../../../operation/operation.ts'
import { finishQuery } from '../../../operation/query/finish.ts'
import { parseQuery } from '../../../operation/query/parse.ts'
import type { Query } from '../../../operation/query/query.ts'
import type { QueryReply, Reply } from '../../../operation/reply.ts'
import { formatToken } from '../../../operation/token.ts'
import { wantsLines } from '../accept.ts'
import type { RequestHead } from '../codec/request-head.ts'
import type { Call, Exchange } from '../exchange.ts'
import { partialMembers, tokenIsLong, writeJson } from '../json-answer.ts'
import { parseJson } from '../json-request.ts'
import { LineStream } from '../line-stream.ts'
import { Parameters } from '../parameters.ts'
import { readToken } from '../request-options.ts'

/** `POST /v1/query`. */
export const query: Call = {
  kind: 'query',
  role: 'read',
  concurrent: false,
  bodyLimit: ({ maxRequestBytes }) => maxRequestBytes,
  timeout: ({ queryTimeoutMs }) => queryTimeoutMs,
  run,
  reply: () => {
    throw new Error('queries are answered by their own handler')
  },
}

function run(exchange: Exchange, head: RequestHead, body: Buffer): void {
  new Parameters(head, [])
  const json = parseJson(body)
  const parsed = parseQuery(json)
  if (parsed instanceof GatewayError) throw parsed
  const { token } = json as { token?: unknown }
  if (token !== undefined) {
    if (typeof token !== 'string') throw new GatewayError('bad-token', 'The token is not a string.')
    exchange.operation.token = readToken(token)
  }
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
    const json = JSON.stringify(finishQuery(this.query, partial))
    writeJson(this.exchange, 200, positions, `${json.slice(0, -1)}${partialMembers(positions, missing)}}`)
  }

  private writeLines({ partial, positions, missing }: QueryReply): void {
    const result = finishQuery(this.query, partial)
    const [name, items] = 'rows' in result ? (['row', result.rows] as const) : (['group', result.groups] as const)
    const text = items.map((item) => `{"${name}":${JSON.stringify(item)}}\n`).join('')
    const stream = new LineStream(this.exchange)
    stream.send(text, positions)
    const token = tokenIsLong(positions) ? `,"token":"${formatToken(positions)}"` : ''
    stream.end(`"count":${items.length}${partialMembers(positions, missing)}${token}`, positions)
  }
}

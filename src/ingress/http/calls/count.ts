import { rangeOf } from '../../../operation/key-range.ts'
import type { Reply } from '../../../operation/reply.ts'
import type { RequestHead } from '../codec/request-head.ts'
import type { Call, Exchange } from '../exchange.ts'
import { partialMembers, writeJson } from '../json-answer.ts'
import { Parameters } from '../parameters.ts'

/** `GET /v1/count`. */
export const count: Call = {
  kind: 'count',
  role: 'read',
  concurrent: false,
  bodyLimit: ({ maxRequestBytes }) => maxRequestBytes,
  timeout: ({ queryTimeoutMs }) => queryTimeoutMs,
  run,
  reply: answer,
}

function run(exchange: Exchange, head: RequestHead): void {
  const parameters = new Parameters(head, ['prefix', 'start', 'end'])
  const [prefix, start, end] = ['prefix', 'start', 'end'].map((name) => parameters.key(name))
  exchange.dispatch({ kind: 'count', range: rangeOf({ prefix, start, end }) })
}

function answer(exchange: Exchange, reply: Reply): void {
  if (reply.kind !== 'count') throw new Error(`a count was answered with ${reply.kind}`)
  const shards = partialMembers(reply.positions, reply.missing)
  writeJson(exchange, 200, reply.positions, `{"count":${reply.count}${shards}}`)
}

import { GatewayError } from '../../../errors.ts'
import { etagOf } from '../../../operation/record.ts'
import type { Reply } from '../../../operation/reply.ts'
import { encodeKey } from '../codec/percent.ts'
import type { RequestHead } from '../codec/request-head.ts'
import { isUnconditional } from '../conditions.ts'
import type { Call, Exchange } from '../exchange.ts'
import { readIdempotency } from '../idempotency.ts'
import { keyMember, writeJson } from '../json-answer.ts'
import { lifetimeOf, putRecord } from './write-record.ts'

/** `POST /v1/records`: a record under a made key in a random bucket. */
export const createRecord: Call = { ...putRecord, kind: 'create', run: create, reply: answer }

const unconditional = new GatewayError(
  'bad-parameter',
  'If-Match and If-None-Match mean nothing here: a record that is created has no earlier state.',
)

function create(exchange: Exchange, head: RequestHead, value: Buffer): void {
  const { ids } = exchange.context
  if (!isUnconditional(head)) throw unconditional
  const contentType = exchange.context.contentTypes.of(head)
  const { expiry, lease } = lifetimeOf(head)
  readIdempotency(exchange, head, value)
  const { idempotency } = exchange.operation
  const key = idempotency === undefined ? ids.create() : ids.createFor(idempotency.scope)
  exchange.dispatch({ kind: 'put', key, value, contentType, expiry, lease })
}

function answer(exchange: Exchange, reply: Reply): void {
  const { body } = exchange.operation
  if (reply.kind !== 'written' || body.kind !== 'put') throw new Error(`a creation was answered with ${reply.kind}`)
  exchange.replayed = reply.replayed
  const { version, bucket } = reply
  const etag = version === undefined ? '' : `,"etag":${JSON.stringify(etagOf(version))}`
  writeJson(exchange, 201, reply.positions, `{${keyMember(body.key)},"bucket":${bucket}${etag}}`, () => {
    const { heads } = exchange.context
    heads.bucket(bucket)
    if (version !== undefined) heads.etag(version)
    heads.line('Location', `/v1/records/${encodeKey(body.key)}`)
  })
}

import { GatewayError } from '../../../errors.ts'
import { bucketOf } from '../../../operation/bucket.ts'
import { type Condition, holds } from '../../../operation/condition.ts'
import type { RecordView } from '../../../operation/record.ts'
import type { Reply } from '../../../operation/reply.ts'
import type { Position } from '../../../operation/token.ts'
import type { RequestHead } from '../codec/request-head.ts'
import { conditionOfHead, isUnconditional } from '../conditions.ts'
import type { Call, Exchange } from '../exchange.ts'
import { Parameters } from '../parameters.ts'
import { copyRecordKey } from '../record-key.ts'

const absent = new GatewayError('not-found', 'No record has this key.')
const changed = new GatewayError('precondition-failed', 'The record is not one of the versions in If-Match.')

/** `GET /v1/records/{key}`. */
export const getRecord: Call = {
  kind: 'get',
  role: 'read',
  concurrent: true,
  bodyLimit: ({ maxRequestBytes }) => maxRequestBytes,
  timeout: ({ timeoutMs }) => timeoutMs,
  run: (exchange, head) => read(exchange, head, 'value'),
  reply: answer,
}

/** `HEAD /v1/records/{key}`. */
export const headRecord: Call = {
  ...getRecord,
  kind: 'head',
  run: (exchange, head) => read(exchange, head, 'meta'),
}

function read(exchange: Exchange, head: RequestHead, projection: 'value' | 'meta'): void {
  const body = exchange.bodies.get
  body.key = copyRecordKey(head, body.keys)
  if (head.queryStart !== 0) new Parameters(head, [])
  if (!isUnconditional(head)) exchange.condition = conditionOfHead(head)
  body.projection = projection
  exchange.dispatch(body)
}

function answer(exchange: Exchange, reply: Reply): void {
  if (reply.kind !== 'record') throw new Error(`a read was answered with ${reply.kind}`)
  const { record, positions } = reply
  if (record === undefined) {
    exchange.failAt(absent, positions, bucketOf(exchange.bodies.get.key))
    return
  }
  const { condition } = exchange
  if (condition !== undefined && !satisfied(exchange, condition, record, positions)) return
  const { heads } = exchange.context
  const outbox = exchange.open()
  const size = record.valueEnd - record.valueStart
  heads.begin(outbox, 200, exchange.closes)
  heads.positions(positions)
  describe(exchange, record)
  heads.contentType(record.contentType)
  heads.contentLength(size)
  heads.end()
  if (!exchange.headOnly) outbox.bytes(record.bytes, record.valueStart, record.valueEnd)
  exchange.complete(200)
}

/** RFC 9110 section 13.2.2; false if the exchange was answered because a condition does not hold. */
function satisfied(
  exchange: Exchange,
  condition: Condition,
  record: RecordView,
  positions: readonly Position[],
): boolean {
  const { ifMatch, ifNoneMatch } = condition
  if (ifMatch !== undefined && !holds({ ifMatch }, record)) {
    exchange.failAt(changed, positions, record.bucket)
    return false
  }
  if (ifNoneMatch === undefined || holds({ ifNoneMatch }, record)) return true
  const { heads } = exchange.context
  heads.begin(exchange.open(), 304, exchange.closes)
  heads.positions(positions)
  describe(exchange, record)
  heads.end()
  exchange.complete(304)
  return false
}

function describe(exchange: Exchange, record: RecordView): void {
  const { heads } = exchange.context
  heads.bucket(record.bucket)
  heads.etag(record)
  if (record.expiresAtMs !== 0) heads.line('Headgate-Expires', new Date(record.expiresAtMs).toISOString())
  if (record.lease !== 0) heads.line('Headgate-Lease', String(record.lease))
}

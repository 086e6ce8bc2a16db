import { GatewayError } from '../../../errors.ts'
import { clearExpiry, type Expiry } from '../../../operation/body.ts'
import type { Reply, WriteReply } from '../../../operation/reply.ts'
import type { RequestHead } from '../codec/request-head.ts'
import { conditionOfHead, isUnconditional } from '../conditions.ts'
import type { Call, Exchange } from '../exchange.ts'
import { readIdempotency } from '../idempotency.ts'
import { Parameters } from '../parameters.ts'
import { recordKey } from '../record-key.ts'

const absent = new GatewayError('not-found', 'No record has this key.', { outcome: 'not-applied' })

/** `PUT /v1/records/{key}`. */
export const putRecord: Call = {
  kind: 'put',
  role: 'write',
  concurrent: false,
  bodyLimit: ({ maxValueBytes }) => maxValueBytes,
  timeout: ({ timeoutMs }) => timeoutMs,
  run: put,
  reply: answerWrite,
}

/** `DELETE /v1/records/{key}`. */
export const deleteRecord: Call = {
  ...putRecord,
  kind: 'delete',
  run: remove,
}

function put(exchange: Exchange, head: RequestHead, value: Buffer): void {
  const key = recordKey(head)
  const contentType = exchange.context.contentTypes.of(head)
  const { expiry, lease } = lifetimeOf(head)
  readIdempotency(exchange, head, value)
  if (isUnconditional(head)) {
    const body = exchange.bodies.put
    body.key = key
    body.value = value
    body.contentType = contentType
    body.expiry = expiry
    body.lease = lease
    exchange.dispatch(body)
    return
  }
  const condition = conditionOfHead(head)!
  exchange.dispatch({ kind: 'put', key, value, contentType, expiry, lease, condition })
}

function remove(exchange: Exchange, head: RequestHead, content: Buffer): void {
  const key = recordKey(head)
  if (head.queryStart !== 0) new Parameters(head, [])
  readIdempotency(exchange, head, content)
  if (isUnconditional(head)) {
    const body = exchange.bodies.delete
    body.key = key
    exchange.dispatch(body)
    return
  }
  const condition = conditionOfHead(head)!
  exchange.dispatch({ kind: 'delete', key, condition })
}

const forever = { expiry: clearExpiry, lease: 0 } as const

/** What `?ttl=` and `?lease=` say; without them both are cleared. */
export function lifetimeOf(head: RequestHead): { readonly expiry: Expiry; readonly lease: number } {
  if (head.queryStart === 0) return forever
  const parameters = new Parameters(head, ['ttl', 'lease'])
  const ttl = parameters.ttl('ttl')
  return {
    expiry: ttl === undefined ? clearExpiry : { kind: 'after', ms: ttl },
    lease: parameters.whole('lease', 1, Number.MAX_SAFE_INTEGER) ?? 0,
  }
}

/** The status of a write's answer; deleting what is not there is the problem `not-found`. */
export function statusOfWrite(reply: WriteReply): 201 | 204 | 404 {
  if (reply.status === 'created') return 201
  return reply.status === 'absent' ? 404 : 204
}

function answerWrite(exchange: Exchange, reply: Reply): void {
  if (reply.kind !== 'written') throw new Error(`a write was answered with ${reply.kind}`)
  const status = statusOfWrite(reply)
  if (status === 404) {
    exchange.replayed = reply.replayed
    exchange.failAt(absent, reply.positions, reply.bucket)
    return
  }
  writeHead(exchange, status, reply)
  if (status === 201) exchange.context.heads.contentLength(0)
  exchange.context.heads.end()
  exchange.complete(status)
}

/** All headers of a write's answer but those of its body. */
export function writeHead(exchange: Exchange, status: number, reply: WriteReply): void {
  const { heads } = exchange.context
  heads.begin(exchange.open(), status, exchange.closes)
  heads.positions(reply.positions)
  heads.bucket(reply.bucket)
  if (reply.version !== undefined) heads.etag(reply.version)
  if (reply.replayed) heads.line('Headgate-Replayed', 'true')
}

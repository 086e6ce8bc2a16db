import { GatewayError } from '../../../errors.ts'
import { encodeCursor } from '../../../operation/cursor.ts'
import type { LeaseInfo, Reply } from '../../../operation/reply.ts'
import type { RequestHead } from '../codec/request-head.ts'
import { parseTtl, ttlRule } from '../durations.ts'
import type { Call, Exchange } from '../exchange.ts'
import { keyMember, writeJson } from '../json-answer.ts'
import { JsonFields, parseJson } from '../json-request.ts'
import { pageLimits } from '../page-limits.ts'
import { Parameters } from '../parameters.ts'
import { readToken } from '../request-options.ts'
import { leaseIdText } from '../routes.ts'

const base: Omit<Call, 'role' | 'run' | 'reply'> = {
  kind: 'lease',
  concurrent: false,
  bodyLimit: ({ maxRequestBytes }) => maxRequestBytes,
  timeout: ({ timeoutMs }) => timeoutMs,
}

const unknownLease = new GatewayError('lease-not-found', 'No lease has this id.', { outcome: 'not-applied' })

/** `POST /v1/leases`. */
export const grantLease: Call = {
  ...base,
  role: 'write',
  run(exchange, head, body) {
    new Parameters(head, [])
    const ttlMs = readGrant(exchange, body)
    exchange.dispatch({ kind: 'lease-grant', id: newId(exchange), ttlMs })
  },
  reply(exchange, reply) {
    const { leases, positions } = leasesOf(reply)
    const lease = leases[0]
    if (lease === undefined) throw new Error('a grant was answered without a lease')
    writeJson(exchange, 201, positions, leaseJson(lease, false), () => {
      exchange.context.heads.line('Location', `/v1/leases/${lease.id}`)
    })
  },
}

/** `POST /v1/leases/{id}/keepalive`. */
export const keepLeaseAlive: Call = {
  ...base,
  role: 'write',
  run: (exchange, head) => exchange.dispatch({ kind: 'lease-keepalive', id: idOf(head) }),
  reply: (exchange, reply) => answerOne(exchange, reply, false),
}

/** `GET /v1/leases/{id}`. */
export const getLease: Call = {
  ...base,
  role: 'read',
  run: (exchange, head) => exchange.dispatch({ kind: 'lease-get', id: idOf(head) }),
  reply: (exchange, reply) => answerOne(exchange, reply, true),
}

/** `GET /v1/leases`: a page of them, by id. */
export const listLeases: Call = {
  ...base,
  role: 'read',
  run(exchange, head) {
    const parameters = new Parameters(head, ['limit', 'cursor'])
    const limit = parameters.whole('limit', 1, pageLimits.most) ?? pageLimits.usual
    const last = parameters.cursor(exchange.context.secret, 'leases')
    exchange.dispatch({ kind: 'lease-list', after: last === undefined ? 0 : Number(last.toString('latin1')), limit })
  },
  reply(exchange, reply) {
    const { leases, more, positions } = leasesOf(reply)
    const list = leases.map((lease) => leaseJson(lease, false))
    const last = leases.at(-1)
    const next = more === true && last !== undefined ? cursorAfter(exchange, last) : ''
    writeJson(exchange, 200, positions, `{"leases":[${list.join(',')}]${next}}`)
  },
}

/** `DELETE /v1/leases/{id}`. */
export const revokeLease: Call = {
  ...base,
  role: 'write',
  timeout: ({ queryTimeoutMs }) => queryTimeoutMs,
  run: (exchange, head) => exchange.dispatch({ kind: 'lease-revoke', id: idOf(head) }),
  reply(exchange, { positions }) {
    const { heads } = exchange.context
    heads.begin(exchange.open(), 204, exchange.closes)
    heads.positions(positions)
    heads.end()
    exchange.complete(204)
  },
}

function readGrant(exchange: Exchange, body: Buffer): number {
  const request = new JsonFields(parseJson(body), 'The body', ['ttl', 'token'])
  const ttl = request.any('ttl')
  const text = typeof ttl === 'number' ? String(ttl) : ttl
  const ttlMs = typeof text === 'string' ? parseTtl(text) : undefined
  if (ttlMs === undefined) throw request.wrong('ttl', ttlRule)
  const token = request.string('token')
  if (token !== undefined) exchange.operation.token = readToken(token)
  return ttlMs
}

/** 1..2^53-1, drawn so that two gateways never need to agree on the next one. */
function newId(exchange: Exchange): number {
  const bytes = exchange.context.runtime.random.bytes(7)
  const id = (bytes.readUIntBE(0, 6) % 2 ** 45) * 256 + bytes[6]!
  return id === 0 ? 1 : id
}

function idOf(head: RequestHead): number {
  new Parameters(head, [])
  const text = leaseIdText(head.path())
  const id = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN
  if (!(id <= Number.MAX_SAFE_INTEGER)) throw unknownLease
  return id
}

function cursorAfter(exchange: Exchange, { id }: LeaseInfo): string {
  return `,"cursor":"${encodeCursor(exchange.context.secret, 'leases', Buffer.from(String(id), 'latin1'))}"`
}

function leasesOf(reply: Reply): Extract<Reply, { kind: 'leases' }> {
  if (reply.kind !== 'leases') throw new Error(`a lease call was answered with ${reply.kind}`)
  return reply
}

function answerOne(exchange: Exchange, reply: Reply, keys: boolean): void {
  const { leases, positions } = leasesOf(reply)
  const lease = leases[0]
  if (lease === undefined) exchange.fail(unknownLease)
  else writeJson(exchange, 200, positions, leaseJson(lease, keys))
}

function leaseJson({ id, grantedTtlMs, remainingMs, keys }: LeaseInfo, withKeys: boolean): string {
  const remaining = Math.max(0, Math.round(remainingMs))
  const list = withKeys ? `,"keys":[${keys.map((key) => `{${keyMember(key)}}`).join(',')}]` : ''
  return `{"id":${id},"ttlMs":${grantedTtlMs},"remainingMs":${remaining}${list}}`
}

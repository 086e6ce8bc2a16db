import { GatewayError } from '../../errors.ts'
import type { Body } from '../../operation/body.ts'
import type { Client, Consistency, Idempotency, Operation, Origin, Priority } from '../../operation/operation.ts'
import { Roles } from '../../operation/roles.ts'
import { parseToken, type Token } from '../../operation/token.ts'
import { header } from './codec/header-names.ts'
import type { RequestHead } from './codec/request-head.ts'
import { parseDuration } from './durations.ts'

const nobody: Client = { name: '', roles: new Roles([]) }
const nowhere: Origin = { gone: true }
const nothing: Body = { kind: 'size' }

/** An operation that is used again for one request after another. It stays untouched while it is under way. */
export class HttpOperation implements Operation {
  body: Body = nothing
  client: Client = nobody
  origin: Origin = nowhere
  consistency: Consistency = 'default'
  maxStalenessMs = 0
  token: Token | undefined
  arrivedAt = 0
  deadline = 0
  priority: Priority = 'normal'
  idempotency: Idempotency | undefined
  partial = false
  tag = 0

  /** Lets go of what the finished request held. */
  clear(): void {
    this.body = nothing
    this.token = undefined
    this.idempotency = undefined
  }
}

const optional =
  (1 << header.consistency) |
  (1 << header.maxStaleness) |
  (1 << header.token) |
  (1 << header.priority) |
  (1 << header.timeout) |
  (1 << header.partial)

const consistencies: ReadonlySet<string> = new Set<Consistency>(['stale', 'default', 'consistent'])
const priorities: ReadonlySet<string> = new Set<Priority>(['critical', 'normal', 'sheddable', 'batch'])

/**
 * Fills in what the `Headgate-*` headers say, or their defaults. `arrivedAt` must be set. Throws a `GatewayError` for a
 * value that means nothing.
 */
export function readOptions(
  operation: HttpOperation,
  head: RequestHead,
  timeoutMs: number,
  maxStalenessMs: number,
): void {
  operation.consistency = 'default'
  operation.maxStalenessMs = maxStalenessMs
  operation.token = undefined
  operation.priority = 'normal'
  operation.idempotency = undefined
  operation.partial = false
  operation.deadline = operation.arrivedAt + timeoutMs
  if (head.hasNone(optional)) return

  const consistency = oneOf(head, header.consistency, consistencies, 'Headgate-Consistency') as Consistency | undefined
  operation.consistency = consistency ?? 'default'
  operation.priority =
    (oneOf(head, header.priority, priorities, 'Headgate-Priority') as Priority | undefined) ?? 'normal'
  operation.maxStalenessMs = duration(head, header.maxStaleness, 'Headgate-Max-Staleness') ?? maxStalenessMs
  operation.partial = oneOf(head, header.partial, new Set(['allow']), 'Headgate-Partial') !== undefined
  const timeout = duration(head, header.timeout, 'Headgate-Timeout')
  if (timeout === 0) throw invalid('Headgate-Timeout', 'must be longer than nothing')
  if (timeout !== undefined && timeout < timeoutMs) operation.deadline = operation.arrivedAt + timeout
  const token = head.value(header.token)
  if (token !== undefined) operation.token = readToken(token)
}

/** The token a text stands for; throws `bad-token` if it is none. */
export function readToken(text: string): Token {
  const token = parseToken(text)
  if (token === undefined) throw new GatewayError('bad-token', 'The consistency token is not one that Headgate made.')
  return token
}

function oneOf(head: RequestHead, id: number, values: ReadonlySet<string>, name: string): string | undefined {
  const value = head.value(id)
  if (value !== undefined && !values.has(value)) throw invalid(name, `must be one of: ${[...values].join(', ')}`)
  return value
}

function duration(head: RequestHead, id: number, name: string): number | undefined {
  const value = head.value(id)
  if (value === undefined) return undefined
  const ms = parseDuration(value)
  if (ms === undefined) throw invalid(name, 'must be a duration such as 250ms or 2s')
  return ms
}

function invalid(name: string, what: string): GatewayError {
  return new GatewayError('bad-parameter', `The header ${name} ${what}.`)
}

import { isUtf8 } from 'node:buffer'
import { GatewayError } from '../errors.ts'
import { type Body, clearExpiry, type PutBody } from '../operation/body.ts'
import { bucketOf, slotOf, tagOf } from '../operation/bucket.ts'
import { rangeOf } from '../operation/key-range.ts'
import type { Query } from '../operation/query/query.ts'
import {
  type ExplainableOperation,
  type ExplainedKey,
  type ExplainedStep,
  type Explanation,
  isRangeOperation,
  type RangeOperation,
} from './explanation.ts'
import type { Plan, PlanStep } from './plan.ts'
import { bucketOfRange } from './range-tag.ts'
import { type RoutingSettings, routeBody } from './route.ts'
import type { Topology } from './topology.ts'

const anyQuery: Query = {
  prefix: undefined,
  where: undefined,
  shape: { kind: 'rows', select: undefined, orderBy: [] },
  limit: undefined,
  offset: 0,
}

/**
 * Where a request on these keys would go now, without running it: `read` and `write` of one key or several; `scan`,
 * `count` and `query` of what begins with the one key given, or of everything. Answers the error that routing would
 * answer.
 */
export function explain(
  operation: ExplainableOperation,
  keys: readonly Uint8Array[],
  topology: Topology,
  settings: RoutingSettings,
): Explanation | GatewayError {
  const body = bodyFor(operation, keys)
  if (body instanceof GatewayError) return body
  const plan = routeBody(body, false, topology, settings)
  if (plan instanceof GatewayError) return plan
  const [prefix] = keys
  const tagless = isRangeOperation(operation) && prefix !== undefined && !namesBucket(prefix)
  return {
    operation,
    // Without a whole {tag} a prefix has no bucket: its keys have.
    keys: tagless ? [] : keys.map(explainKey),
    plan: {
      steps: plan.steps.map(explainStep),
      merge: plan.merge,
      onFailure: plan.onFailure,
      reason: plan.reason,
    },
    notes: tagless && plan.steps.length > 1 ? [taglessNote] : notesOn(plan, keys, settings),
  }
}

const taglessNote = 'The prefix holds no whole {tag}, so its keys may lie in any bucket.'

function namesBucket(prefix: Uint8Array): boolean {
  return bucketOfRange(rangeOf({ prefix })) !== undefined
}

function bodyFor(operation: ExplainableOperation, keys: readonly Uint8Array[]): Body | GatewayError {
  if (isRangeOperation(operation)) return rangeBodyFor(operation, keys)
  const [key] = keys
  if (key === undefined) return new GatewayError('bad-parameter', 'Name at least one key')
  if (operation === 'read')
    return keys.length === 1 ? { kind: 'get', key, projection: 'value' } : { kind: 'get-many', keys }
  const puts = keys.map(putOf)
  return keys.length === 1 ? puts[0]! : { kind: 'batch', operations: puts, atomic: false, abortOnFailure: false }
}

function rangeBodyFor(operation: RangeOperation, keys: readonly Uint8Array[]): Body | GatewayError {
  const [prefix] = keys
  if (keys.length > 1) return new GatewayError('bad-parameter', `A ${operation} takes one prefix, not ${keys.length}`)
  const range = rangeOf({ prefix })
  switch (operation) {
    case 'scan':
      return { kind: 'scan', range, order: 'asc', limit: 1, maxBytes: 1, values: false }
    case 'count':
      return { kind: 'count', range }
    case 'query':
      return { kind: 'query', range, query: anyQuery }
  }
}

function putOf(key: Uint8Array): PutBody {
  return { kind: 'put', key, value: new Uint8Array(0), contentType: '', expiry: clearExpiry, lease: 0 }
}

function explainKey(key: Uint8Array): ExplainedKey {
  return {
    ...(isUtf8(key) ? { key: text(key) } : { keyBase64: Buffer.from(key).toString('base64') }),
    slot: slotOf(key),
    bucket: bucketOf(key),
    tag: text(tagOf(key)),
  }
}

function explainStep({ target, places }: PlanStep): ExplainedStep {
  const { shard, role, nodes } = target
  return { shard, role, nodes, ...(places === undefined ? {} : { keys: places }) }
}

function notesOn(plan: Plan, keys: readonly Uint8Array[], { splittable }: RoutingSettings): string[] {
  const notes: string[] = []
  if (keys.length < 2) return notes
  const oneBucket = new Set(keys.map(bucketOf)).size === 1
  if (oneBucket || (plan.steps.length === 1 && !splittable)) notes.push('An atomic batch of these keys is possible.')
  else
    notes.push(
      `An atomic batch of these keys is not possible: they lie in several ${splittable ? 'buckets' : 'shards'}.`,
    )
  return notes
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}

import { GatewayError } from '../errors.ts'
import type { BatchBody } from '../operation/body.ts'
import { bucketOf } from '../operation/bucket.ts'
import { divide } from './divide-keys.ts'
import type { Plan, PlanStep } from './plan.ts'
import type { Topology } from './topology.ts'

const crossShard = new GatewayError(
  'cross-shard',
  'All keys of an atomic operation must lie in one shard; give them the same {tag}',
  { outcome: 'not-applied' },
)
const crossBucket = new GatewayError(
  'cross-shard',
  'All keys of an atomic operation must lie in one bucket, as shards may be split; give them the same {tag}',
  { outcome: 'not-applied' },
)
const leaseInBatch = new GatewayError('bad-parameter', 'A put inside a batch cannot attach to a lease', {
  outcome: 'not-applied',
})

/** Gives each shard the operations on its keys; an atomic batch goes to one shard or nowhere (R15). */
export function divideBatch(body: BatchBody, topology: Topology, splittable: boolean): Plan | GatewayError {
  const { operations } = body
  if (operations.some((operation) => operation.kind === 'put' && operation.lease !== 0)) return leaseInBatch
  if (body.atomic) return planAtomic(body, topology, splittable)
  const parts = divide(operations, ({ key }) => topology.shardOf(key), topology)
  const [only] = parts.keys()
  if (parts.size === 1) return only!.write
  const steps: PlanStep[] = []
  for (const [shard, places] of parts) {
    if (shard.writeTarget === undefined) return shard.write as GatewayError
    const part = { ...body, operations: places.map((place) => operations[place]!) }
    steps.push({ target: shard.writeTarget, body: part, places })
  }
  const reason = `${operations.length} operations concern ${steps.length} shards; the batch is not atomic`
  return { steps, merge: 'batch', onFailure: 'fail', reason }
}

function planAtomic(body: BatchBody, topology: Topology, splittable: boolean): Plan | GatewayError {
  const first = body.operations[0]?.key ?? body.watches?.[0]?.key
  if (first === undefined) return topology.shards[0]!.write
  const owner = topology.shardOf(first)
  if (splittable) {
    const bucket = bucketOf(first)
    return everyKey(body, (key) => bucketOf(key) === bucket) ? owner.write : crossBucket
  }
  return everyKey(body, (key) => topology.shardOf(key) === owner) ? owner.write : crossShard
}

function everyKey(body: BatchBody, holds: (key: Uint8Array) => boolean): boolean {
  return body.operations.every(({ key }) => holds(key)) && (body.watches ?? []).every(({ key }) => holds(key))
}

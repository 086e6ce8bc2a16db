import type { GatewayError } from '../errors.ts'
import type { Body } from '../operation/body.ts'
import type { Plan, PlanStep } from './plan.ts'
import { bucketOfRange } from './range-tag.ts'
import type { Everywhere } from './split.ts'
import type { Shard, Topology } from './topology.ts'

/** Asks every shard, or the one that owns all keys of the range. */
export function everywhere(body: Body, split: Everywhere, partial: boolean, topology: Topology): Plan | GatewayError {
  const only = onlyShard(body, topology)
  if (only !== undefined) return split.role === 'reader' ? only.read : only.write
  const steps: PlanStep[] = []
  for (const shard of topology.shards) {
    const target = split.role === 'reader' ? shard.readTarget : shard.writeTarget
    if (target === undefined) return (split.role === 'reader' ? shard.read : shard.write) as GatewayError
    steps.push({ target, body: undefined, places: undefined })
  }
  const onFailure = partial && split.divisible ? 'leave-out' : 'fail'
  return { steps, merge: split.merge, onFailure, reason: `nothing says in which of ${steps.length} shards to look` }
}

function onlyShard(body: Body, topology: Topology): Shard | undefined {
  if (topology.shards.length === 1) return topology.shards[0]
  const bucket = 'range' in body ? bucketOfRange(body.range) : undefined
  return bucket === undefined ? undefined : topology.ownerOf(bucket)
}

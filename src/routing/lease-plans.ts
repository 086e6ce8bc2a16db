import type { GatewayError } from '../errors.ts'
import type { PutBody } from '../operation/body.ts'
import type { Plan, PlanStep } from './plan.ts'
import type { Shard, Topology } from './topology.ts'

/** A lease lives in the bucket of its id's hexadecimal text (R18). */
export function shardOfLease(id: number, topology: Topology): Shard {
  return topology.shardOf(Buffer.from(id.toString(16), 'latin1'))
}

/** The lease learns of the key before the record names the lease, so that expiry cannot miss it. */
export function planLeasedPut(body: PutBody, topology: Topology): Plan | GatewayError {
  const keeper = shardOfLease(body.lease, topology)
  const owner = topology.shardOf(body.key)
  if (keeper.writeTarget === undefined) return keeper.write as GatewayError
  if (owner.writeTarget === undefined) return owner.write as GatewayError
  const attach: PlanStep = {
    target: keeper.writeTarget,
    body: { kind: 'lease-attach', id: body.lease, key: body.key },
    places: undefined,
  }
  return {
    steps: [attach, { target: owner.writeTarget, body: undefined, places: undefined }],
    merge: 'lease-steps',
    onFailure: 'fail',
    reason: `lease ${body.lease} lives in shard ${keeper.id} and learns of the key first; shard ${owner.id} owns the key`,
  }
}

/** Close the lease, delete its keys wherever they are, forget it. Which keys is known once it is closed. */
export function planRevocation(id: number, topology: Topology): Plan | GatewayError {
  const keeper = shardOfLease(id, topology)
  if (keeper.writeTarget === undefined) return keeper.write as GatewayError
  const steps: PlanStep[] = [{ target: keeper.writeTarget, body: { kind: 'lease-close', id }, places: undefined }]
  for (const shard of topology.shards) {
    if (shard.writeTarget === undefined) return shard.write as GatewayError
    steps.push({ target: shard.writeTarget, body: { kind: 'lease-drop', id, keys: [] }, places: undefined })
  }
  steps.push({ target: keeper.writeTarget, body: { kind: 'lease-forget', id }, places: undefined })
  return {
    steps,
    merge: 'lease-steps',
    onFailure: 'fail',
    reason: `lease ${id} lives in shard ${keeper.id}; its keys may lie in any shard`,
  }
}

import type { GatewayError } from '../errors.ts'
import { type BatchBody, type Body, intentOf, type LeaseBody, type PointBody, type PutBody } from '../operation/body.ts'
import type { Operation } from '../operation/operation.ts'
import { divideBatch } from './divide-batch.ts'
import { type DivisibleByKeys, divideKeys } from './divide-keys.ts'
import { everywhere } from './everywhere.ts'
import { planLeasedPut, planRevocation, shardOfLease } from './lease-plans.ts'
import type { Plan } from './plan.ts'
import { splits } from './split.ts'
import type { Topology } from './topology.ts'

export interface RoutingSettings {
  /** The cluster may get more shards (`sharding.maxShards` > `shards`): what is atomic must stay within a bucket (R15). */
  readonly splittable: boolean
}

/**
 * Decides where an operation goes; pure. For one key it answers a plan made beforehand and allocates nothing.
 * `cross-shard` if an atomic batch cannot be atomic, `unavailable` while a shard it needs has no node for it.
 */
export function route(operation: Operation, topology: Topology, settings: RoutingSettings): Plan | GatewayError {
  return routeBody(operation.body, operation.partial, topology, settings)
}

/** `partial`: the client takes an answer without some shards. The casts are what `SplitOf` has checked. */
export function routeBody(
  body: Body,
  partial: boolean,
  topology: Topology,
  settings: RoutingSettings,
): Plan | GatewayError {
  const split = splits[body.kind]
  switch (split.by) {
    case 'key': {
      const shard = topology.shardOf((body as PointBody).key)
      return intentOf[body.kind] === 'read' ? shard.read : shard.write
    }
    case 'put': {
      const put = body as PutBody
      return put.lease === 0 ? topology.shardOf(put.key).write : planLeasedPut(put, topology)
    }
    case 'keys':
      return divideKeys(body as DivisibleByKeys, split.merge, topology)
    case 'batch':
      return divideBatch(body as BatchBody, topology, settings.splittable)
    case 'lease':
      return shardOfLease((body as LeaseBody & { readonly id: number }).id, topology).write
    case 'revocation':
      return planRevocation((body as LeaseBody & { readonly id: number }).id, topology)
    case 'everywhere':
      return everywhere(body, split, partial, topology)
  }
}

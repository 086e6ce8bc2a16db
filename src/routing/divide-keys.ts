import type { GatewayError } from '../errors.ts'
import { type Body, intentOf } from '../operation/body.ts'
import type { MergeKind, Plan, PlanStep } from './plan.ts'
import type { Shard, Topology } from './topology.ts'

export type DivisibleByKeys = Extract<Body, { readonly keys: readonly Uint8Array[] }>

/** Gives each shard the keys it owns, in the order asked; a plan made beforehand if one shard owns them all. */
export function divideKeys(body: DivisibleByKeys, merge: MergeKind, topology: Topology): Plan | GatewayError {
  const { keys } = body
  const write = intentOf[body.kind] === 'write'
  const parts = divide(keys, (key) => topology.shardOf(key), topology)
  const [only] = parts.keys()
  if (parts.size === 1) return write ? only!.write : only!.read
  const steps: PlanStep[] = []
  for (const [shard, places] of parts) {
    const target = write ? shard.writeTarget : shard.readTarget
    if (target === undefined) return (write ? shard.write : shard.read) as GatewayError
    steps.push({ target, body: { ...body, keys: places.map((place) => keys[place]!) }, places })
  }
  return { steps, merge, onFailure: 'fail', reason: `${keys.length} keys lie in ${steps.length} shards` }
}

/** The places of `items` by the shard that owns each. Never empty; with one shard it answers that shard alone. */
export function divide<T>(items: readonly T[], owner: (item: T) => Shard, topology: Topology): Map<Shard, number[]> {
  const first = items.length === 0 || topology.shards.length === 1 ? topology.shards[0]! : owner(items[0]!)
  const parts = new Map<Shard, number[]>([[first, []]])
  if (topology.shards.length === 1) return parts
  items.forEach((item, place) => {
    const shard = owner(item)
    const places = parts.get(shard)
    if (places === undefined) parts.set(shard, [place])
    else places.push(place)
  })
  return parts
}

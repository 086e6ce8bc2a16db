import { GatewayError } from '../errors.ts'
import { bucketCount, bucketOf } from '../operation/bucket.ts'
import type { NodeRole, Plan, Target } from './plan.ts'

/** Both inclusive, 1..1000. */
export interface BucketRange {
  readonly first: number
  readonly last: number
}

/** What coordination says about a shard. */
export interface ShardDescription {
  readonly id: number
  readonly epoch: number
  /** Changes only when committed writes were given up on purpose. */
  readonly history: number
  /** Undefined while the shard has none: its writes are refused. */
  readonly leader: string | undefined
  /** Nodes that serve reads, best first; without any the leader reads too. */
  readonly readers: readonly string[]
  readonly ranges: readonly BucketRange[]
}

/** A shard with everything that sending a request to it needs, made once. */
export interface Shard extends ShardDescription {
  /** Of an operation that concerns this shard alone; the error while no node can take it. */
  readonly read: Plan | GatewayError
  readonly write: Plan | GatewayError
  readonly readTarget: Target | undefined
  readonly writeTarget: Target | undefined
}

/** Which shard owns which bucket and who serves it: immutable, replaced whole when coordination says something new. */
export class Topology {
  /** By id. */
  readonly shards: readonly Shard[]
  /** Index into `shards` by bucket; 0 is unused. */
  readonly #owners = new Uint16Array(bucketCount + 1)
  readonly #only: Shard | undefined

  /** Throws unless every bucket has exactly one owner. */
  constructor(descriptions: readonly ShardDescription[]) {
    this.shards = [...descriptions].sort((a, b) => a.id - b.id).map(prepare)
    this.#assignOwners()
    this.#only = this.shards.length === 1 ? this.shards[0] : undefined
  }

  /** The owner of a bucket 1..1000. */
  ownerOf(bucket: number): Shard {
    return this.shards[this.#owners[bucket]!]!
  }

  /** The owner of a key's bucket; where there is one shard, the key is not looked at. */
  shardOf(key: Uint8Array): Shard {
    return this.#only ?? this.ownerOf(bucketOf(key))
  }

  #assignOwners(): void {
    const ids = new Set(this.shards.map(({ id }) => id))
    if (ids.size !== this.shards.length) throw new RangeError('two shards have the same id')
    const owned = new Uint8Array(bucketCount + 1)
    for (const [index, { id, ranges }] of this.shards.entries()) {
      for (const { first, last } of ranges) {
        if (!(first >= 1 && first <= last && last <= bucketCount)) {
          throw new RangeError(`shard ${id} has the range ${first}-${last}`)
        }
        for (let bucket = first; bucket <= last; bucket++) {
          if (owned[bucket]!++ > 0) throw new RangeError(`bucket ${bucket} has two owners`)
          this.#owners[bucket] = index
        }
      }
    }
    const orphan = owned.indexOf(0, 1)
    if (orphan > 0) throw new RangeError(`bucket ${orphan} has no owner`)
  }
}

function prepare(description: ShardDescription): Shard {
  const { id, leader, readers } = description
  const writers = leader === undefined ? [] : [leader]
  const writeTarget = target(id, 'writer', writers)
  const readTarget = target(id, 'reader', readers.length > 0 ? readers : writers)
  return {
    ...description,
    readTarget,
    writeTarget,
    read:
      onlyStep(
        readTarget,
        `shard ${id} owns the bucket; ${readers.length > 0 ? 'readers serve' : 'its leader serves'} reads`,
      ) ?? unavailable(id),
    write:
      onlyStep(writeTarget, `shard ${id} owns the bucket; its leader takes writes`) ?? unavailable(id, 'not-applied'),
  }
}

function target(shard: number, role: NodeRole, nodes: readonly string[]): Target | undefined {
  return nodes.length === 0 ? undefined : { shard, role, nodes }
}

function onlyStep(target: Target | undefined, reason: string): Plan | undefined {
  if (target === undefined) return undefined
  return { steps: [{ target, body: undefined, places: undefined }], merge: 'one', onFailure: 'fail', reason }
}

function unavailable(shard: number, outcome?: 'not-applied'): GatewayError {
  const detail = `Shard ${shard} has no node that can take this; try again`
  return new GatewayError('unavailable', detail, { retryAfterMs: 1_000, ...(outcome && { outcome }) })
}

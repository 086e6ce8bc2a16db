import { join } from 'node:path'
import type { ClusterState } from '../cluster/coordination/cluster-state.ts'
import type { Settings } from '../config/settings.ts'
import type { QueryMemory } from '../operation/query/query-memory.ts'
import { systemDisk } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { EmbeddedStore } from '../stores/embedded/embedded-store.ts'
import { createEngine } from '../stores/embedded/engine/create-engine.ts'
import type { ShardSettings } from '../stores/embedded/shard-settings.ts'

/** What the store tells the node. */
export interface StoreEvents {
  onLeaseExpired(id: number): void
  onShardFailed(shard: number, error: Error): void
  beforeSlice(): void
}

/** Where the log and the engine of a shard have their folders. */
export function shardDirectory(dataDir: string, shard: string): string {
  return join(dataDir, 'shards', shard)
}

/** The store of this node, not yet open. What is bounded for the node is shared equally among its shards. */
export function createStore(
  settings: Settings,
  cluster: ClusterState,
  runtime: Runtime,
  queries: QueryMemory,
  events: StoreEvents,
): EmbeddedStore {
  const { store, limits, node } = settings
  const share = (total: number): number => Math.ceil(total / cluster.shards.length)
  const shards = cluster.shards.map(
    ({ id, history, epoch }): ShardSettings => ({
      shard: id,
      history,
      epoch,
      engine: store.engine,
      durability: store.durability,
      dataDirectory: shardDirectory(node.dataDir, String(id)),
      segmentBytes: store.logSegmentBytes,
      backlogBytes: share(store.backlogBytes),
      maxValueBytes: limits.maxValueBytes,
      mergeBudgetBytes: limits.mergeBudgetBytes,
      idempotencyTtlMs: limits.idempotencyTtlMs,
      idempotencyEntries: share(limits.idempotencyEntries),
      maxLeases: share(limits.maxLeases),
    }),
  )
  const alone = shards.length === 1
  const engine = (shard: ShardSettings) => createEngine(shard.engine, shard.dataDirectory, runtime, alone)
  return new EmbeddedStore({ runtime, disk: systemDisk, shards, queries, createEngine: engine, ...events })
}

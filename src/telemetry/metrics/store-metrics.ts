import type { QueryGauges, ShardGauges, ShardReading, StoreGauges, StoreReading } from '../gauges.ts'
import { counter, gauge, type MetricSpec, type ValueSpec } from './metric.ts'

export function shardMetrics(source: ShardGauges): MetricSpec[] {
  const level = (name: string, help: string, read: (shard: ShardReading) => number): ValueSpec =>
    gauge(name, help, ['shard', 'role'], (emit) => {
      for (const shard of source.shards()) emit(read(shard), { shard: shard.shard, role: shard.role })
    })
  return [
    level('shard_in_flight', 'Requests running on a shard', (s) => s.inFlight),
    level('shard_queue_length', 'Requests waiting for a shard', (s) => s.queueLength),
  ]
}

export function queryMetrics(source: QueryGauges): MetricSpec[] {
  return [
    gauge('query_held_bytes', 'What all queries under way hold, an estimate', [], (emit) => {
      emit(source.queries().heldBytes)
    }),
    gauge('query_waiting', "Shards' work on queries that waits because queries hold too much", [], (emit) => {
      emit(source.queries().waiting)
    }),
  ]
}

export function storeMetrics(source: StoreGauges): MetricSpec[] {
  const each = (read: (store: StoreReading) => number): ValueSpec['read'] => {
    return (emit) => {
      for (const store of source.stores()) emit(read(store), { shard: store.shard })
    }
  }
  const level = (name: string, help: string, read: (store: StoreReading) => number) =>
    gauge(name, help, ['shard'], each(read))
  const count = (name: string, help: string, read: (store: StoreReading) => number) =>
    counter(name, help, ['shard'], each(read))
  return [
    level('store_commit_index', 'Last committed position of the log', (s) => s.commitIndex),
    level('store_applied_index', 'Last position the engine has taken', (s) => s.appliedIndex),
    level('store_flushed_index', "Last position safe in the engine's own files", (s) => s.flushedIndex),
    level('store_backlog_bytes', 'Log from the oldest write the engine has yet to take on', (s) => s.backlogBytes),
    level('store_backlog_entries', 'The same in log entries', (s) => s.backlogEntries),
    count('log_syncs_total', 'Times the log was forced to disk', (s) => s.logSyncs),
    count(
      'log_synced_entries_total',
      'Log entries made durable, or only written with durability os',
      (s) => s.logSyncedEntries,
    ),
    count(
      'log_synced_bytes_total',
      'Log bytes made durable, or only written with durability os',
      (s) => s.logSyncedBytes,
    ),
    level('engine_size_bytes', "Size of the engine's files or memory", (s) => s.engineBytes),
    level('records', 'Records held, as far as the engine knows', (s) => s.records),
    count('expired_records_total', 'Records deleted because their time was up', (s) => s.expiredRecords),
    level('leases', 'Leases held', (s) => s.leases),
  ]
}

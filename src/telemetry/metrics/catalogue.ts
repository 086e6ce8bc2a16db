import type { ListenerGauges, NodeGauges, QueryGauges, ShardGauges, StoreGauges } from '../gauges.ts'
import type { Telemetry } from '../telemetry.ts'
import { listenerMetrics } from './listener-metrics.ts'
import type { MetricSpec } from './metric.ts'
import { nodeMetrics } from './node-metrics.ts'
import { requestMetrics } from './request-metrics.ts'
import { queryMetrics, shardMetrics, storeMetrics } from './store-metrics.ts'

export interface MetricSources {
  readonly telemetry: Telemetry
  readonly shards: ShardGauges
  readonly queries: QueryGauges
  readonly stores: StoreGauges
  readonly listeners: ListenerGauges
  readonly node: NodeGauges
  /** Of the Headgate program. */
  readonly version: string
}

/** Everything `/metrics` exports. */
export function metricCatalogue(sources: MetricSources): MetricSpec[] {
  return [
    ...requestMetrics(sources.telemetry),
    ...listenerMetrics(sources.listeners),
    ...shardMetrics(sources.shards),
    ...queryMetrics(sources.queries),
    ...storeMetrics(sources.stores),
    ...nodeMetrics(sources.telemetry, sources.node, sources.version),
  ]
}

import type { LatencySummary } from '../telemetry/latency.ts'
import { classIndex, operationClasses, seriesOfClass } from '../telemetry/operation-class.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { unreadiness } from './health.ts'
import type { AdminDeps, NodeView } from './node-view.ts'
import type { LatencyStatus, RequestsStatus, ShardStatus, Status } from './status-shape.ts'

const busyLoop = 0.9

/** Everything `GET /v1/status` answers, as of now. */
export function statusOf({ node, health, telemetry }: Pick<AdminDeps, 'node' | 'health' | 'telemetry'>): Status {
  const { rss, heapUsed } = process.memoryUsage()
  return {
    cluster: node.cluster,
    node: {
      id: node.nodeId,
      grade: node.grade,
      roles: node.roles,
      version: node.version,
      startedAt: new Date(telemetry.startedAtMs).toISOString(),
      uptimeSeconds: Math.floor(telemetry.uptimeMs / 1000),
      pid: node.pid,
    },
    ready: unreadiness(health.state, node.impediments) === undefined,
    draining: health.state.phase === 'draining',
    shards: shardsOf(node),
    listeners: node.listeners().map(({ listener, address, open }) => ({ name: listener, address, connections: open })),
    requests: requestsOf(telemetry),
    latency: latencyOf(telemetry),
    shed: Object.fromEntries(
      telemetry.requests.shedCounts().flatMap(({ reason, count }) => (count > 0 ? [[reason, count]] : [])),
    ),
    memory: { rssBytes: rss, heapUsedBytes: heapUsed },
    coordination: node.coordination,
    warnings: [...node.warnings, ...loopWarnings(telemetry)],
  }
}

function shardsOf(node: NodeView): ShardStatus[] {
  const { topology } = node
  if (topology === undefined) return []
  const running = node.shards()
  return node.stores().flatMap((store): ShardStatus[] => {
    const record = topology.shards.find(({ id }) => id === store.shard)
    if (record === undefined) return []
    const own = running.filter(({ shard }) => shard === store.shard)
    return [
      {
        id: store.shard,
        buckets: topology.map.ranges.flatMap(({ shard, first, last }) =>
          shard === store.shard ? [[first, last] as const] : [],
        ),
        epoch: record.epoch,
        history: String(record.history),
        leader: record.leader,
        commitIndex: store.commitIndex,
        appliedIndex: store.appliedIndex,
        flushedIndex: store.flushedIndex,
        backlogBytes: store.backlogBytes,
        backlogEntries: store.backlogEntries,
        records: { count: store.records, exact: store.recordsExact },
        sizeBytes: store.engineBytes,
        inFlight: own.reduce((sum, { inFlight }) => sum + inFlight, 0),
        queued: own.reduce((sum, { queueLength }) => sum + queueLength, 0),
      },
    ]
  })
}

function requestsOf(telemetry: Telemetry): RequestsStatus {
  const byOutcome: Record<string, number> = {}
  let total = 0
  for (const { outcome, count } of telemetry.requests.outcomes()) {
    byOutcome[outcome] = (byOutcome[outcome] ?? 0) + count
    total += count
  }
  const rates = telemetry.rates()
  return {
    perSecond: tenths(rates.perSecond),
    readsPerSecond: tenths(rates.readsPerSecond),
    writesPerSecond: tenths(rates.writesPerSecond),
    total,
    byOutcome,
  }
}

function latencyOf({ latency }: Telemetry): LatencyStatus[] {
  const { total, queue, store } = latency
  const rows = operationClasses.flatMap((operation): LatencyStatus[] => {
    const series = seriesOfClass(operation)
    const recent = total.recent(series)
    if (recent.count === 0) return []
    const samples = [classIndex[operation]]
    const queueP99Ms = sampledP99(queue.recent(samples))
    const storeP99Ms = sampledP99(store.recent(samples))
    return [{ operation, ...recent, queueP99Ms, storeP99Ms, sinceStart: total.sinceStart(series) }]
  })
  return rows.sort((a, b) => b.count - a.count)
}

/** Not 0 where nothing was sampled: nobody knows. */
function sampledP99({ count, p99Ms }: LatencySummary): number | null {
  return count === 0 ? null : p99Ms
}

function loopWarnings({ loop }: Telemetry): string[] {
  const { utilisation, delayP99Ms } = loop.read()
  if (utilisation < busyLoop) return []
  const percent = Math.round(utilisation * 100)
  return [`the event loop was busy ${percent} % of the last 10 s and up to ${Math.round(delayP99Ms)} ms late (p99)`]
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}

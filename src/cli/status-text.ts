import type { LatencyStatus, ShardStatus, Status } from '../admin/status-shape.ts'
import { humanBytes, humanCount, humanMs, humanSeconds } from './human.ts'
import { type Column, tableLines } from './table.ts'

const right = true

const shardColumns: readonly Column<ShardStatus>[] = [
  { title: 'SHARD', right, cell: ({ id }) => `${id}` },
  { title: 'BUCKETS', cell: ({ buckets }) => buckets.map(([first, last]) => `${first}-${last}`).join(' ') },
  { title: 'LEADER', cell: ({ leader }) => leader ?? 'none' },
  { title: 'EPOCH', right, cell: ({ epoch }) => `${epoch}` },
  { title: 'COMMITTED', right, cell: ({ commitIndex }) => humanCount(commitIndex) },
  { title: 'APPLIED', right, cell: ({ appliedIndex }) => humanCount(appliedIndex) },
  { title: 'FLUSHED', right, cell: ({ flushedIndex }) => humanCount(flushedIndex) },
  { title: 'BACKLOG', right, cell: ({ backlogBytes }) => humanBytes(backlogBytes) },
  { title: 'RECORDS', right, cell: ({ records }) => `${records.exact ? '' : '~'}${humanCount(records.count)}` },
  { title: 'SIZE', right, cell: ({ sizeBytes }) => humanBytes(sizeBytes) },
  { title: 'RUNNING', right, cell: ({ inFlight }) => humanCount(inFlight) },
  { title: 'QUEUED', right, cell: ({ queued }) => humanCount(queued) },
]

const latencyColumns: readonly Column<LatencyStatus>[] = [
  { title: 'LAST MINUTE', cell: ({ operation }) => operation },
  { title: 'COUNT', right, cell: ({ count }) => humanCount(count) },
  { title: 'P50', right, cell: ({ p50Ms }) => humanMs(p50Ms) },
  { title: 'P99', right, cell: ({ p99Ms }) => humanMs(p99Ms) },
  { title: 'MAX', right, cell: ({ maxMs }) => humanMs(maxMs) },
  { title: 'QUEUE P99', right, cell: ({ queueP99Ms }) => sampled(queueP99Ms) },
  { title: 'STORE P99', right, cell: ({ storeP99Ms }) => sampled(storeP99Ms) },
]

function sampled(ms: number | null): string {
  return ms === null ? '-' : humanMs(ms)
}

/** A status as a person reads it, a few short tables. */
export function statusText(status: Status): string {
  const { requests, latency, memory, coordination, listeners } = status
  const rates = `${humanCount(requests.perSecond)}/s (${humanCount(requests.readsPerSecond)} reads, ${humanCount(requests.writesPerSecond)} writes)`
  const listening = listeners.map(({ name, address, connections }) => `${name} ${address} (${humanCount(connections)})`)
  const sections: readonly (readonly string[])[] = [
    [heading(status)],
    tableLines(shardColumns, status.shards),
    [
      `requests      ${rates}, ${humanCount(requests.total)} since the start`,
      `ended with    ${counts(requests.byOutcome)}`,
      `shed          ${counts(status.shed)}`,
    ],
    latency.length === 0 ? [] : tableLines(latencyColumns, latency),
    [
      `connections   ${listening.join(', ')}`,
      `memory        ${humanBytes(memory.rssBytes)}, of which heap ${humanBytes(memory.heapUsedBytes)}`,
      `coordination  ${coordination.kind}, ${coordination.ok ? 'ok' : 'DOWN'}, revision ${humanCount(coordination.revision)}`,
    ],
    status.warnings.map((warning) => `warning: ${warning}`),
  ]
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function heading({ cluster, node, ready, draining }: Status): string {
  const state = draining ? 'draining' : ready ? 'ready' : 'NOT READY'
  const roles = node.roles.join(', ')
  const process = `Headgate ${node.version}, pid ${node.pid}`
  return `${cluster} · ${node.id} · grade ${node.grade} · ${roles} · ${state} · up ${humanSeconds(node.uptimeSeconds)} · ${process}`
}

/** The largest first: `ok 12,300, not-found 45`. */
function counts(byName: Readonly<Record<string, number>>): string {
  const entries = Object.entries(byName).filter(([, count]) => count > 0)
  if (entries.length === 0) return 'none'
  return entries
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${humanCount(count)}`)
    .join(', ')
}

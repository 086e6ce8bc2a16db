import type { NodeView } from '../admin/node-view.ts'
import type { CoordinationStatus } from '../admin/status-shape.ts'
import type { ClusterState } from '../cluster/coordination/cluster-state.ts'
import type { Settings } from '../config/settings.ts'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import type { EmbeddedStore, ShardView } from '../stores/embedded/embedded-store.ts'
import { backlogBytes } from '../stores/embedded/open-shard.ts'
import { causeOf } from '../stores/embedded/shard-failure.ts'
import type { ListenerReading, QueryReading, StoreReading } from '../telemetry/gauges.ts'
import { headgateVersion } from '../version.ts'

/** What the view looks at; parts are undefined until the node has got that far. */
export interface NodeParts {
  readonly settings: Settings
  readonly queries: QueryReading
  cluster: ClusterState | undefined
  coordination: (() => CoordinationStatus) | undefined
  store: EmbeddedStore | undefined
  gateway: Gateway | undefined
  listeners: () => ListenerReading[]
}

/** The node as the admin port shows it. */
export function nodeViewOf(parts: NodeParts): NodeView {
  const { settings } = parts
  return {
    cluster: settings.cluster,
    nodeId: settings.node.id,
    grade: settings.node.grade,
    roles: ['writer', 'reader', 'manager'],
    version: headgateVersion(),
    pid: process.pid,
    get topology() {
      return parts.cluster
    },
    get coordination() {
      return parts.coordination?.() ?? { kind: settings.coordination.kind, ok: false, revision: 0 }
    },
    get impediments() {
      return failuresOf(parts.store)
    },
    get warnings() {
      return warningsOf(settings)
    },
    explain(operation, keys) {
      if (parts.gateway === undefined) throw new GatewayError('unavailable', 'The node is starting.')
      const explanation = parts.gateway.explain(operation, keys)
      if (explanation instanceof GatewayError) throw explanation
      return explanation
    },
    shards: () => (parts.gateway?.loads() ?? []).map(({ queued, ...load }) => ({ ...load, queueLength: queued })),
    queries: () => parts.queries,
    stores: () => (parts.store?.views ?? []).map(readingOf),
    listeners: () => parts.listeners(),
  }
}

function failuresOf(store: EmbeddedStore | undefined): string[] {
  return (store?.views ?? []).flatMap(({ settings, open }) => {
    const { failure } = open.shard
    return failure === undefined ? [] : `shard ${settings.shard} stopped after ${causeOf(failure)}`
  })
}

function warningsOf({ store }: Settings): string[] {
  const warnings = ['unprotected: one node and one copy of the data; losing this disk loses the data']
  if (store.engine === 'memory') warnings.push('the memory engine forgets everything when the node stops')
  if (store.durability === 'os') warnings.push('durability: os may lose acknowledged writes in a power cut')
  return warnings
}

function readingOf({ settings, open }: ShardView): StoreReading {
  const { logged, workspace, engine } = open
  const { keys, exact } = engine.count()
  return {
    shard: settings.shard,
    commitIndex: workspace.durableIndex,
    appliedIndex: logged?.applier.appliedIndex ?? workspace.durableIndex,
    flushedIndex: logged?.applier.flushedIndex ?? 0,
    backlogBytes: logged === undefined ? 0 : backlogBytes(logged),
    backlogEntries: logged === undefined ? 0 : logged.overlay.tail - logged.overlay.head,
    logSyncs: logged?.log.statistics.syncs ?? 0,
    logSyncedEntries: logged?.log.statistics.entries ?? 0,
    logSyncedBytes: logged?.log.statistics.bytes ?? 0,
    engineBytes: engine.sizeBytes(),
    records: keys,
    recordsExact: exact,
    expiredRecords: open.sweeper.expired,
    leases: open.leases.count,
  }
}

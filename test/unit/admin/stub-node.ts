import { NodeHealth } from '../../../src/admin/health.ts'
import type { AdminDeps, AdminSettings, NodeView, ReloadReport } from '../../../src/admin/node-view.ts'
import { evenRanges } from '../../../src/cluster/coordination/cluster-records.ts'
import type { ClusterState } from '../../../src/cluster/coordination/cluster-state.ts'
import type { ExplainableOperation } from '../../../src/routing/explanation.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import { ControlEvents } from '../../../src/telemetry/control-events.ts'
import type { ListenerReading } from '../../../src/telemetry/gauges.ts'
import { createLog } from '../../../src/telemetry/log.ts'
import { Telemetry } from '../../../src/telemetry/telemetry.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

/** Two shards led by n1; says what it was asked. */
export class StubNode implements NodeView {
  readonly cluster = 'shop'
  readonly nodeId = 'n1'
  readonly grade = 2
  readonly roles = ['writer', 'reader', 'manager']
  readonly version = '0.1.0'
  readonly pid = 4711
  coordination = { kind: 'embedded', ok: true, revision: 42 }
  impediments: string[] = []
  warnings = ['one node is unprotected']
  topology: ClusterState | undefined = topologyOf('n1')
  readonly explained: { readonly operation: string; readonly keys: string[] }[] = []
  explain = (operation: ExplainableOperation, keys: readonly Uint8Array[]) => {
    this.explained.push({ operation, keys: keys.map((key) => Buffer.from(key).toString('latin1')) })
    return { operation, keys: [], plan: { steps: [], merge: 'one', onFailure: 'fail', reason: 'stub' }, notes: [] }
  }

  shards() {
    return [
      { shard: 1, role: 'writer' as const, inFlight: 1, queueLength: 2 },
      { shard: 1, role: 'reader' as const, inFlight: 3, queueLength: 4 },
    ]
  }

  queries() {
    return { heldBytes: 1000, waiting: 1 }
  }

  stores() {
    return [1, 2].map((shard) => ({
      shard,
      commitIndex: 12,
      appliedIndex: 11,
      flushedIndex: 10,
      backlogBytes: 100,
      backlogEntries: 1,
      logSyncs: 5,
      logSyncedEntries: 12,
      logSyncedBytes: 4096,
      engineBytes: 8192,
      records: 7,
      recordsExact: true,
      expiredRecords: 2,
      leases: 1,
    }))
  }

  listeners(): ListenerReading[] {
    return [{ listener: 'http', address: '127.0.0.1:7400', open: 3, accepted: 9, refused: {}, bytesIn: 1, bytesOut: 2 }]
  }
}

function topologyOf(leader: string): ClusterState {
  const self = { node: leader, disk: null }
  return {
    map: { format: 1, cluster: 'shop', clusterId: 'ab'.repeat(16), ranges: evenRanges(2) },
    shards: [1, 2].map((id) => ({ id, epoch: id, history: 0, leader, inSync: [self], learners: [], parents: [] })),
    epoch: 2,
    cursorSecret: Uint8Array.from({ length: 32 }, () => 0x5e),
    revision: 42,
  }
}

export interface Stub {
  readonly deps: AdminDeps
  readonly node: StubNode
  readonly health: NodeHealth
  readonly lines: Record<string, unknown>[]
  readonly drains: string[]
  readonly reloads: boolean[]
  report: ReloadReport
}

export const openSettings: AdminSettings = {
  host: '127.0.0.1',
  port: 0,
  anonymousRoles: ['read', 'write', 'admin'],
  clients: [],
}

export const closedSettings: AdminSettings = {
  ...openSettings,
  anonymousRoles: [],
  clients: [
    { name: 'ops', token: 'tok-ops', roles: ['admin'] },
    { name: 'app', token: 'tok-app', roles: ['read', 'write'] },
  ],
}

export async function stub(
  settings: AdminSettings = openSettings,
  runtime: Runtime = new VirtualRuntime(),
): Promise<Stub> {
  const lines: Record<string, unknown>[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const logger = createLog({ level: 'info', cluster: 'shop', nodeId: 'n1' }, destination)
  const health = new NodeHealth(() => runtime.clock.now())
  const node = new StubNode()
  const drains: string[] = []
  const reloads: boolean[] = []
  const made: Stub = {
    node,
    health,
    lines,
    drains,
    reloads,
    report: { applied: [], needsRestart: [], fixed: [], problems: [] },
    deps: {
      settings,
      runtime,
      log: { logger, events: new ControlEvents(runtime.clock) },
      telemetry: await Telemetry.create(runtime),
      health,
      node,
      control: {
        drain(why) {
          drains.push(why)
          health.enter('draining', why)
        },
        async reload(dryRun) {
          reloads.push(dryRun)
          return made.report
        },
      },
    },
  }
  return made
}

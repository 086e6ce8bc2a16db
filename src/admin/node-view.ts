import type { ClusterState } from '../cluster/coordination/cluster-state.ts'
import type { Role } from '../operation/roles.ts'
import type { ExplainableOperation, Explanation } from '../routing/explanation.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ListenerGauges, QueryGauges, ShardGauges, StoreGauges } from '../telemetry/gauges.ts'
import type { DecisionLog } from '../telemetry/log.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { NodeHealth } from './health.ts'
import type { CoordinationStatus } from './status-shape.ts'

/** What the admin port shows of the node; implemented by the assembly. Everything is as of now, and cheap to ask. */
export interface NodeView extends ShardGauges, QueryGauges, StoreGauges, ListenerGauges {
  readonly cluster: string
  readonly nodeId: string
  /** 1..5. */
  readonly grade: number
  /** Any of `writer`, `reader`, `manager`, `standby`. */
  readonly roles: readonly string[]
  /** Of the Headgate program. */
  readonly version: string
  readonly pid: number
  /** The watched copy of what coordination holds; undefined until it was read. */
  readonly topology: ClusterState | undefined
  readonly coordination: CoordinationStatus
  /** What keeps a node that is up from taking traffic, a sentence each. */
  readonly impediments: readonly string[]
  /** What an operator should know, a sentence each. */
  readonly warnings: readonly string[]
  /** Plans such a request without running it. Throws a `GatewayError` if it could not be planned. */
  explain(operation: ExplainableOperation, keys: readonly Uint8Array[]): Explanation
}

/** What reading the configuration again came to. */
export interface ReloadReport {
  /** Keys that changed and are in force (or, in a dry run, would be). */
  readonly applied: readonly string[]
  /** Keys that changed in the file but need a restart. */
  readonly needsRestart: readonly string[]
  /** Keys that changed in the file but belong to the data: a start with them is refused. */
  readonly fixed: readonly string[]
  /** Why the file was refused, each with its place; the old configuration stays in force. Empty if it is valid. */
  readonly problems: readonly string[]
}

/** What the admin port can make the node do. */
export interface NodeControl {
  /** Begins to drain, and then to stop. Returns at once. */
  drain(why: string): void
  reload(dryRun: boolean): Promise<ReloadReport>
}

export interface AdminClient {
  readonly name: string
  readonly token: string
  readonly roles: readonly Role[]
}

export interface AdminSettings {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Further names (without a port) this server may be called by. */
  readonly hostNames?: readonly string[]
  /** What a request without a token may do. */
  readonly anonymousRoles: readonly Role[]
  readonly clients: readonly AdminClient[]
}

export interface AdminDeps {
  readonly settings: AdminSettings
  readonly runtime: Runtime
  readonly log: DecisionLog
  readonly telemetry: Telemetry
  readonly health: NodeHealth
  readonly node: NodeView
  readonly control: NodeControl
}

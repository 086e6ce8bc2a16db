import type { Body } from '../operation/body.ts'

export type NodeRole = 'writer' | 'reader'

/** Where a step goes: prepared once for each topology, shard and role, shared by all plans that use it. */
export interface Target {
  readonly shard: number
  readonly role: NodeRole
  /** Candidate nodes, best first; never empty. */
  readonly nodes: readonly string[]
}

export interface PlanStep {
  readonly target: Target
  /** What this shard is asked; the operation's own body where nothing was split. */
  readonly body: Body | undefined
  /** Of each element of the step's body, its place in the operation's body; undefined where nothing was split. */
  readonly places: readonly number[] | undefined
}

/** How the replies of several steps become one. `one`: there is only one. */
export type MergeKind = 'one' | 'records' | 'sum' | 'ordered' | 'query' | 'batch' | 'any' | 'leases' | 'lease-steps'

/** What to do when a step fails: fail the operation, or leave the shard out if the client allowed that. */
export type OnFailure = 'fail' | 'leave-out'

/** Decided once by routing, carried unchanged to the end, printed by `headgate explain`. */
export interface Plan {
  readonly steps: readonly PlanStep[]
  readonly merge: MergeKind
  readonly onFailure: OnFailure
  /** Why these steps: one sentence for a person. */
  readonly reason: string
}

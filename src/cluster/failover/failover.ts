import type { Member, RecordedShard, ShardRecord } from '../../replication/membership.ts'
import type { Health, ReplicaBeat } from '../health/node-health.ts'

export interface FailoverView {
  readonly shard: number
  readonly recorded: RecordedShard
  /** The next epoch of the cluster, not given out yet. */
  readonly nextEpoch: number
  readonly health: (node: string) => Health
  readonly beat: (node: string) => ReplicaBeat | undefined
  /**
   * Disk that a node is registered with in coordination and that it names itself, since it is connected; undefined where
   * these are not the same: it may have another disk by now than the one that is a member.
   */
  readonly disk: (node: string) => string | undefined
  /** Replicas that serve nobody are chosen last. */
  readonly isStandby: (node: string) => boolean
  /** How long the leader has not been leading although it is alive. */
  readonly idleMs: number
  /** So long may a leader that was named take to begin. */
  readonly graceMs: number
}

/** A transaction on the shard's record, or why there is none although one would be due. */
export type FailoverStep =
  | { readonly kind: 'none' }
  | { readonly kind: 'promote'; readonly record: ShardRecord; readonly why: string }
  | { readonly kind: 'wait'; readonly why: string }

/**
 * Whether a shard needs another leader, and which (R1, R2, R6): only a member of the in-sync set with the disk that is
 * in it, by a transaction with a fresh epoch that drops the members known to be dead. Nothing may be promoted: then the
 * shard waits (R5).
 */
export function failoverStep(view: FailoverView): FailoverStep {
  const { record } = view.recorded
  const why = whyDue(view)
  if (why === undefined) return { kind: 'none' }
  const [best] = candidates(view)
  if (best === undefined) return { kind: 'wait', why: `${why}; no member of the in-sync set can take over` }
  const dead = record.inSync.filter(({ node }) => node !== best.node && view.health(node) === 'dead')
  const inSync = record.inSync.filter((member) => !dead.includes(member))
  const learners = [...record.learners.filter(({ node }) => !dead.some((each) => each.node === node)), ...dead]
  return {
    kind: 'promote',
    record: { ...record, epoch: view.nextEpoch, leader: best.node, inSync, learners },
    why: `${why}; ${best.node} takes over`,
  }
}

function whyDue({ recorded, health, beat, idleMs, graceMs }: FailoverView): string | undefined {
  const { leader, epoch } = recorded.record
  if (leader === undefined) return 'the shard has no leader'
  if (health(leader) === 'dead') return `its leader ${leader} is dead`
  if (health(leader) === 'alive' && beat(leader)?.leads !== epoch && idleMs >= graceMs) {
    return `its leader ${leader} has begun anew and does not lead`
  }
  return undefined
}

/** Who may lead, best first: who has most, readers before those who serve nobody. */
function candidates(view: FailoverView): readonly Member[] {
  const { inSync } = view.recorded.record
  const able = inSync.filter(({ node, disk }) => view.health(node) === 'alive' && view.disk(node) === disk)
  const rank = ({ node }: Member) => view.beat(node)?.durable ?? -1
  return [...able].sort((a, b) => {
    const standby = Number(view.isStandby(a.node)) - Number(view.isStandby(b.node))
    return standby || rank(b) - rank(a) || (a.node < b.node ? -1 : 1)
  })
}

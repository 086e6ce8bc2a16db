import { includes, type Member, type ShardRecord } from './membership.ts'
import type { Progress } from './progress.ts'
import type { ReplicaState } from './replica-state.ts'

/** What the in-sync set should become, and why; undefined if it is as it should be. */
export interface Change {
  readonly record: ShardRecord
  readonly why: string
}

/** What a leader looks at. */
export interface View {
  readonly record: ShardRecord
  /** Entry with which this epoch began. */
  readonly barrier: number
  readonly progressOf: (node: string) => Progress | undefined
  /** Disk of a node as it is registered in coordination (R2). */
  readonly registeredDisk: (node: string) => string | undefined
}

/**
 * One change of the in-sync set at a time: first those who hold up commits are removed, then those who have caught up
 * are added, up to the target. A leader never removes itself (R1).
 */
export function nextChange(state: ReplicaState, view: View, now: number): Change | undefined {
  return removal(state, view, now) ?? addition(state, view, now)
}

function removal(state: ReplicaState, view: View, now: number): Change | undefined {
  const { record } = view
  const kept: Member[] = []
  const reasons: string[] = []
  for (const member of record.inSync) {
    const why = member.node === state.self.node ? undefined : whyRemoved(state, view, member, now)
    if (why === undefined) kept.push(member)
    else reasons.push(`${member.node} ${why}`)
  }
  if (reasons.length === 0) return undefined
  const gone = record.inSync.filter((member) => !includes(kept, member))
  const learners = [...record.learners.filter(({ node }) => !gone.some((each) => each.node === node)), ...gone]
  return { record: { ...record, inSync: kept, learners }, why: `removed from the in-sync set: ${reasons.join(', ')}` }
}

function whyRemoved(state: ReplicaState, view: View, member: Member, now: number): string | undefined {
  const { settings, log } = state
  const progress = view.progressOf(member.node)
  if (progress === undefined) return undefined
  if (progress.state === 'away') {
    const awayMs = now - progress.awaySince
    return awayMs >= settings.awayTimeoutMs ? `has been away for ${Math.round(awayMs)} ms` : undefined
  }
  const lagMs = progress.lagMs(log.lastIndex, now)
  if (progress.disk !== undefined && progress.disk !== member.disk) return 'came back with another disk'
  return lagMs > settings.inSyncTimeoutMs ? `has been behind for ${Math.round(lagMs)} ms` : undefined
}

function addition(state: ReplicaState, view: View, now: number): Change | undefined {
  const { record } = view
  if (record.inSync.length >= state.settings.inSyncTarget) return undefined
  for (const { node } of record.learners) {
    const member = eligible(state, view, node, now)
    if (member === undefined) continue
    const learners = record.learners.filter((each) => each.node !== node)
    const change = { ...record, inSync: [...record.inSync, member], learners }
    return { record: change, why: `added to the in-sync set: ${node} has caught up` }
  }
  return undefined
}

/** The replica as a member, if it may become one (R2). */
function eligible(state: ReplicaState, view: View, node: string, now: number): Member | undefined {
  const { settings, log, commit, rules } = state
  const progress = view.progressOf(node)
  const disk = view.registeredDisk(node)
  if (progress?.state !== 'following' || progress.installing || disk === undefined) return undefined
  if (progress.disk !== disk && rules['acknowledgements-name-disk']) return undefined
  const needed = Math.max(commit, view.barrier)
  if (rules['additions-caught-up'] && progress.durable < needed) return undefined
  if (progress.lagMs(log.lastIndex, now) > settings.inSyncTimeoutMs / 2) return undefined
  return { node, disk }
}

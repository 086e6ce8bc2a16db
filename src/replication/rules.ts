/**
 * The safety rules that the protocol code can be told to break, one at a time, so that the simulator proves that it
 * would notice (`npm run simulate -- --mutations`). The letters are those of `docs/replication.md`. Production code gets
 * `allRules` and nothing else.
 */
export const safetyRules = [
  /** R1: commit needs a durable acknowledgement of the whole effective set. Broken: of one member beside the leader. */
  'commit-needs-all',
  /** R1: the leader's own fsync counts like any other. */
  'own-sync-counts',
  /** R1: a removal counts only once it is confirmed. */
  'removals-count-late',
  /** R1: an addition counts before its transaction is sent. */
  'additions-count-early',
  /** R1: after a transaction whose outcome is unknown both sets count. */
  'unknown-counts-both',
  /** R1: acknowledgements are of this epoch and of the disk that is a member. */
  'acknowledgements-name-disk',
  /** R1, R6: a replica that promised an epoch takes nothing of a lower one. */
  'promises-bind',
  /** R2: a member is added only with everything committed, and this epoch's barrier, on its disk. */
  'additions-caught-up',
  /** R2, R3: only the disk that is in the in-sync set may be made leader. */
  'election-needs-disk',
  /** R3: a disk that is behind its registered start counter, or lost its log, is another disk. */
  'old-disks-are-new',
  /** R4: writes are refused while fewer than `minInSync` members hold them. */
  'least-in-sync',
  /** R6, R8: a promise is on disk before the first answer in its epoch. */
  'promises-durable',
  /** R6: a new leader keeps its whole tail. Broken: what it does not know to be committed is cut. */
  'leaders-keep-tails',
  /** R6: reads wait until this epoch's barrier is committed and applied. */
  'barrier-before-reads',
  /** R7: entries are taken only behind the entry they were sent behind. */
  'entries-match',
  /** R7: nothing committed is ever cut. */
  'committed-stays',
  /** R8: every other member of the effective set confirms a consistent read. */
  'reads-confirmed',
  /** Followers acknowledge what is on disk. Broken: what is in memory. */
  'acknowledge-after-sync',
] as const

export type SafetyRule = (typeof safetyRules)[number]

export type Rules = Readonly<Record<SafetyRule, boolean>>

export const allRules: Rules = Object.fromEntries(safetyRules.map((rule) => [rule, true])) as Record<SafetyRule, true>

/** Something impossible was seen: going on could lose what was acknowledged, so the shard stops instead. */
export class ProtocolViolation extends Error {
  constructor(what: string) {
    super(`the replication protocol was violated: ${what}`)
    this.name = 'ProtocolViolation'
  }
}

/** Stays on in production: a stopped shard is better than a wrong one. */
export function assertProtocol(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new ProtocolViolation(what())
}

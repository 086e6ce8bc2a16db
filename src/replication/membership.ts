import type { Rules } from './rules.ts'

/** A replica that counts: a node together with the identity of its disk (R1, R3). */
export interface Member {
  readonly node: string
  readonly disk: string
}

/** What coordination says of a shard: `shards/<id>` (C1). */
export interface ShardRecord {
  readonly epoch: number
  readonly history: number
  readonly leader: string | undefined
  readonly inSync: readonly Member[]
  /** Replicas that follow without counting. */
  readonly learners: readonly Member[]
}

/** A record together with the revision at which it was written. */
export interface RecordedShard {
  readonly record: ShardRecord
  readonly revision: number
}

export function isSame(a: Member, b: Member): boolean {
  return a.node === b.node && a.disk === b.disk
}

export function includes(members: readonly Member[], wanted: Member): boolean {
  return members.some((member) => isSame(member, wanted))
}

/**
 * The sets that coordination may hold as far as the leader knows (R1): the one that is confirmed, and those of
 * transactions whose outcome is not known yet. All of them were made on the confirmed revision, so that the next one
 * that succeeds, or is seen, ends the others.
 */
export class Membership {
  #confirmed: RecordedShard
  #proposed: readonly ShardRecord[] = []
  readonly #rules: Rules

  constructor(confirmed: RecordedShard, rules: Rules) {
    this.#confirmed = confirmed
    this.#rules = rules
  }

  get confirmed(): RecordedShard {
    return this.#confirmed
  }

  /** Whether the outcome of a transaction is open. */
  get uncertain(): boolean {
    return this.#proposed.length > 0
  }

  /** A transaction on the confirmed revision is about to be sent. */
  propose(record: ShardRecord): void {
    if (!this.#rules['unknown-counts-both']) this.#proposed = [record]
    else this.#proposed = [...this.#proposed, record]
  }

  /** The newest transaction was certainly not carried out. */
  withdraw(record: ShardRecord): void {
    this.#proposed = this.#proposed.filter((each) => each !== record)
  }

  /** Coordination certainly holds, or held, this; true if that is news. */
  confirm(recorded: RecordedShard): boolean {
    if (recorded.revision <= this.#confirmed.revision) return false
    this.#confirmed = recorded
    this.#proposed = []
    return true
  }

  /** Everybody who has to hold an entry before it is committed: the union of all sets that may be in force. */
  effective(): readonly Member[] {
    const early = this.#rules['additions-count-early']
    const late = this.#rules['removals-count-late']
    if (this.#proposed.length === 0 || (!early && late)) return this.#confirmed.record.inSync
    const newest = this.#proposed.at(-1)!.inSync
    if (!late) return early ? newest : newest.filter((each) => includes(this.#confirmed.record.inSync, each))
    const union = [...this.#confirmed.record.inSync]
    for (const { inSync } of this.#proposed) {
      for (const member of inSync) if (!includes(union, member)) union.push(member)
    }
    return union
  }

  /** Members that certainly count: what `minInSync` looks at. */
  certain(): readonly Member[] {
    return this.#confirmed.record.inSync.filter((member) =>
      this.#proposed.every(({ inSync }) => includes(inSync, member)),
    )
  }
}

import type { ReplicaAction } from './actions.ts'
import type { EpochHistory, LogPosition } from './epoch-history.ts'
import { Follower } from './follower.ts'
import { Leader, type ProposalResult } from './leader.ts'
import { includes, type Member, type RecordedShard, type ShardRecord } from './membership.ts'
import type { EntryBatch, ReplicaMessage } from './messages.ts'
import type { ReplicaState, ReplicationSettings } from './replica-state.ts'
import type { Rules } from './rules.ts'

/** What a replica finds on its disk when it starts. */
export interface Recovered {
  readonly self: Member
  readonly history: number
  readonly promised: number
  readonly log: EpochHistory
  /** Of the log, certainly committed: what the engine holds. */
  readonly applied: LogPosition
  readonly installing: boolean
}

export interface ReplicaParts {
  readonly recovered: Recovered
  readonly settings: ReplicationSettings
  readonly rules: Rules
  readonly act: (action: ReplicaAction) => void
}

/**
 * The replication protocol of one replica of one shard. It knows no clock, no disk and no network: what happens is told
 * to it, and what is to be done it asks for (`ReplicaAction`). Calls must not nest: whoever carries actions out queues
 * what comes of them.
 */
export class Replica {
  readonly state: ReplicaState
  readonly #follower: Follower
  readonly #connected = new Set<string>()
  readonly #registered = new Map<string, string>()
  #leader: Leader | undefined
  /** The newest record seen. */
  #recorded: RecordedShard | undefined
  /** It is to lead by this record once it has promised the epoch. */
  #electing: RecordedShard | undefined

  constructor({ recovered, settings, rules, act }: ReplicaParts) {
    const { self, history, promised, log, applied, installing } = recovered
    const { index } = applied
    const durable = log.lastIndex
    this.state = {
      self,
      log,
      durable,
      commit: index,
      applied: index,
      promised,
      history,
      installing,
      settings,
      rules,
      act,
    }
    this.#follower = new Follower(this.state)
  }

  get leader(): Leader | undefined {
    return this.#leader
  }

  /** Whom it follows, if it does. */
  get following(): string | undefined {
    return this.#leader === undefined ? this.#follower.leader : undefined
  }

  onConnected(node: string, now: number): void {
    this.#connected.add(node)
    this.#leader?.onConnected(node, now)
  }

  onDisconnected(node: string, now: number): void {
    this.#connected.delete(node)
    this.#leader?.onDisconnected(node, now)
  }

  onMessage(from: string, message: ReplicaMessage, now: number): void {
    switch (message.kind) {
      case 'greeting':
        this.#yieldTo(message.epoch, from)
        return this.#follower.onGreeting(from, message)
      case 'append':
        return this.#leader === undefined || message.epoch < this.#leader.epoch
          ? this.#follower.onAppend(from, message)
          : undefined
      case 'standing':
        return this.#leader?.onStanding(from, message, now)
      case 'acknowledgement':
        return this.#leader?.onAcknowledgement(from, message, now)
      case 'refusal':
        return this.#yieldTo(message.promised, from)
    }
  }

  /** `shards/<id>` as coordination has it; also of the past, which is told apart. */
  onRecord(recorded: RecordedShard, now: number): void {
    if (this.#recorded !== undefined && recorded.revision <= this.#recorded.revision) return
    this.#recorded = recorded
    const { record } = recorded
    const { self, promised } = this.state
    if (this.#leader !== undefined) {
      if (record.epoch === this.#leader.epoch) return this.#leader.onRecord(recorded, now)
      this.#resign(`epoch ${record.epoch} has begun`)
    }
    this.#electing = undefined
    if (record.leader !== self.node || record.epoch <= promised || !this.#mayLead(record)) return
    this.#electing = recorded
    this.state.act({ kind: 'promise', epoch: record.epoch })
    if (!this.state.rules['promises-durable']) this.promised(record.epoch, now)
  }

  /** A `promise` is on disk. */
  promised(epoch: number, now: number): void {
    this.#follower.promised(epoch)
    const electing = this.#electing
    if (electing === undefined || electing.record.epoch !== epoch || this.state.promised !== epoch) return
    this.#electing = undefined
    this.#follower.leave()
    this.#leader = new Leader(this.state, electing, now)
    for (const [node, disk] of this.#registered) this.#leader.onRegistered(node, disk)
    this.#leader.begin(this.#connected, now)
  }

  /** Its own log has entries up to `index`, as a leader. */
  wrote(index: number, now: number): void {
    this.#leader?.wrote(index, now)
  }

  /** Everything in the log up to `index` is on disk. */
  durable(index: number, now: number): void {
    if (index <= this.state.durable) return
    this.state.durable = index
    if (this.#leader === undefined) this.#follower.durable()
    else this.#leader.durable(now)
  }

  fetched(to: string, from: number, batch: EntryBatch | undefined, now: number): void {
    this.#leader?.fetched(to, from, batch, now)
  }

  /** The disk of a node as it is registered in coordination. */
  onRegistered(node: string, disk: string): void {
    this.#registered.set(node, disk)
    this.#leader?.onRegistered(node, disk)
  }

  onProposed(record: ShardRecord, result: ProposalResult, now: number): void {
    const recorded = result.kind === 'done' ? { record, revision: result.revision } : undefined
    const seen = result.kind === 'refused' ? result.instead : recorded
    if (this.#leader !== undefined && record.epoch === this.#leader.epoch) this.#leader.onProposed(record, result, now)
    if (seen !== undefined) this.onRecord(seen, now)
  }

  tick(now: number): void {
    this.#leader?.tick(now)
  }

  /** Whether its disk is the one that was elected (R2, R3). */
  #mayLead({ inSync }: ShardRecord): boolean {
    const { self, rules, installing } = this.state
    if (!rules['election-needs-disk']) return true
    return includes(inSync, self) && !installing
  }

  #yieldTo(epoch: number, who: string): void {
    if (this.#leader !== undefined && epoch > this.#leader.epoch) this.#resign(`${who} has promised epoch ${epoch}`)
  }

  #resign(why: string): void {
    this.#leader = undefined
    this.#follower.leave()
    this.state.act({ kind: 'resign', why })
  }
}

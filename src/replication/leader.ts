import { type Change, nextChange, type View } from './in-sync-changes.ts'
import { type Member, Membership, type RecordedShard, type ShardRecord } from './membership.ts'
import type { Acknowledgement, EntryBatch, Standing } from './messages.ts'
import { lastOf } from './messages.ts'
import { Progress } from './progress.ts'
import type { ReplicaState } from './replica-state.ts'
import { Rounds } from './rounds.ts'
import { assertProtocol } from './rules.ts'

/** How a transaction on the shard's record ended. */
export type ProposalResult =
  | { readonly kind: 'done'; readonly revision: number }
  /** Certainly not carried out; this is what coordination holds instead. */
  | { readonly kind: 'refused'; readonly instead: RecordedShard }
  | { readonly kind: 'unknown' }

/** The part of a replica that leads its shard for one epoch (R1, R4, R6, R8). */
export class Leader {
  readonly epoch: number
  /** The entry with which the epoch begins: what it knows is not complete before that is committed. */
  readonly barrier: number
  readonly #state: ReplicaState
  readonly #membership: Membership
  readonly #replicas = new Map<string, Progress>()
  readonly #rounds = new Rounds()
  readonly #registered = new Map<string, string>()
  readonly #fetching = new Set<string>()
  readonly #lastSentAt = new Map<string, number>()
  readonly #toldCommit = new Map<string, number>()
  #proposing: ShardRecord | undefined
  #settleAt = 0
  #serving = false
  #tickedAt: number

  constructor(state: ReplicaState, recorded: RecordedShard, now: number) {
    this.#state = state
    this.epoch = recorded.record.epoch
    this.#membership = new Membership(recorded, state.rules)
    this.#tickedAt = now
    if (!state.rules['leaders-keep-tails']) {
      state.log.cutAfter(state.commit)
      state.durable = Math.min(state.durable, state.commit)
      state.act({ kind: 'cut', index: state.commit })
    }
    this.barrier = state.log.lastIndex + 1
    this.#meetReplicas(now)
  }

  /** Its first act; behind the promise of the epoch, which is on disk. */
  begin(connected: Iterable<string>, now: number): void {
    this.#state.act({ kind: 'lead', epoch: this.epoch })
    for (const node of connected) this.onConnected(node, now)
  }

  get serving(): boolean {
    return this.#serving
  }

  /** Whether a write that is admitted now can be acknowledged (R4). */
  get enough(): boolean {
    const { rules, settings } = this.#state
    return !rules['least-in-sync'] || this.#membership.certain().length >= settings.minInSync
  }

  get recorded(): RecordedShard {
    return this.#membership.confirmed
  }

  progress(): IterableIterator<Progress> {
    return this.#replicas.values()
  }

  /** Entries up to `index` are in its log, not necessarily on disk. */
  wrote(index: number, now: number): void {
    this.#state.log.extend(this.epoch, index)
    for (const progress of this.#replicas.values()) this.#stream(progress)
    this.#advance(now)
  }

  durable(now: number): void {
    this.#advance(now)
  }

  onConnected(node: string, now: number): void {
    const progress = this.#replicas.get(node)
    if (progress === undefined) return
    progress.leave(now)
    progress.state = 'greeted'
    this.#greet(node, now)
  }

  onDisconnected(node: string, now: number): void {
    this.#replicas.get(node)?.leave(now)
    this.#fetching.delete(node)
  }

  onStanding(from: string, message: Standing, now: number): void {
    const progress = this.#replicas.get(from)
    if (progress === undefined || message.epoch !== this.epoch) return
    const { log } = this.#state
    progress.disk = message.disk
    progress.installing = message.installing
    progress.durable = 0
    const agreed = message.installing ? undefined : log.agreement(message.spans)
    if (agreed === undefined) return this.#needsSnapshot(progress)
    progress.follow(agreed.index)
    progress.acknowledge(Math.min(message.durable, agreed.index), log.lastIndex, now)
    this.#stream(progress)
    if (!this.#fetching.has(from)) this.#tell(progress, now)
    this.#advance(now)
  }

  onAcknowledgement(from: string, message: Acknowledgement, now: number): void {
    const progress = this.#replicas.get(from)
    if (progress === undefined || message.epoch !== this.epoch) return
    progress.disk = message.disk
    progress.applied = message.applied
    progress.round = Math.max(progress.round, message.round)
    progress.acknowledge(message.durable, this.#state.log.lastIndex, now)
    this.#stream(progress)
    this.#advance(now)
    this.#confirmRounds(now)
  }

  /** What a `fetch` found; undefined if the log has it no more. */
  fetched(to: string, from: number, batch: EntryBatch | undefined, now: number): void {
    const progress = this.#replicas.get(to)
    if (!this.#fetching.delete(to) || progress?.state !== 'following') return
    if (progress.next !== from) return this.#stream(progress)
    if (batch === undefined) return this.#needsSnapshot(progress)
    this.#append(progress, batch, now)
    progress.sent(lastOf(batch), batch.bytes.length)
    this.#stream(progress)
  }

  /** A consistent read arrives: it may be answered from what is committed now once the round answered is confirmed. */
  want(now: number): number {
    const round = this.#rounds.want()
    this.#beginRound(now)
    return round
  }

  onRecord(recorded: RecordedShard, now: number): void {
    assertProtocol(recorded.record.epoch === this.epoch, () => `epoch ${recorded.record.epoch} has no other leader`)
    if (!this.#membership.confirm(recorded)) return
    this.#meetReplicas(now)
    this.#advance(now)
  }

  /** Coordination says which disk a node has. */
  onRegistered(node: string, disk: string): void {
    this.#registered.set(node, disk)
  }

  onProposed(record: ShardRecord, result: ProposalResult, now: number): void {
    if (this.#proposing === record) this.#proposing = undefined
    if (result.kind === 'unknown') {
      this.#settleAt = now + this.#state.settings.settleMs
      return
    }
    if (result.kind === 'refused') {
      this.#membership.withdraw(record)
      if (result.instead.record.epoch === this.epoch) this.onRecord(result.instead, now)
    } else {
      this.onRecord({ record, revision: result.revision }, now)
    }
    this.#confirmRounds(now)
    this.#advance(now)
  }

  /** Every few milliseconds. */
  tick(now: number): void {
    const { settings } = this.#state
    if (now - this.#tickedAt > settings.pauseMs) for (const each of this.#replicas.values()) each.excuse(now)
    this.#tickedAt = now
    for (const progress of this.#replicas.values()) this.#keepInformed(progress, now)
    this.#changeMembers(now)
  }

  #meetReplicas(now: number): void {
    const { inSync, learners } = this.#membership.confirmed.record
    for (const { node } of [...inSync, ...learners]) {
      if (node !== this.#state.self.node && !this.#replicas.has(node)) this.#replicas.set(node, new Progress(node, now))
    }
  }

  #greet(node: string, now: number): void {
    const { history, act } = this.#state
    this.#lastSentAt.set(node, now)
    act({ kind: 'send', to: node, message: { kind: 'greeting', epoch: this.epoch, history } })
  }

  #stream(progress: Progress): void {
    const { log, settings, act } = this.#state
    const { node, next } = progress
    const room = settings.windowBytes - progress.bytesUnderWay
    if (progress.state !== 'following' || this.#fetching.has(node) || next > log.lastIndex || room <= 0) return
    this.#fetching.add(node)
    act({ kind: 'fetch', to: node, from: next, maxBytes: Math.min(room, settings.batchBytes) })
  }

  #append(progress: Progress, batch: EntryBatch | undefined, now: number): void {
    const { log, commit, act } = this.#state
    const index = (batch?.firstIndex ?? progress.next) - 1
    const epoch = log.epochAt(index)
    if (epoch === undefined) return this.#needsSnapshot(progress)
    const round = this.#rounds.begun
    const message = { kind: 'append', epoch: this.epoch, prev: { epoch, index }, batch, commit, round } as const
    act({ kind: 'send', to: progress.node, message })
    this.#lastSentAt.set(progress.node, now)
    this.#toldCommit.set(progress.node, commit)
  }

  /** Sends what is committed and which round it is, without entries. */
  #tell(progress: Progress, now: number): void {
    if (progress.state === 'following') this.#append(progress, undefined, now)
  }

  #keepInformed(progress: Progress, now: number): void {
    const { node, state } = progress
    const silentMs = now - (this.#lastSentAt.get(node) ?? Number.NEGATIVE_INFINITY)
    const due = silentMs >= this.#state.settings.heartbeatMs
    // Connected is not the same as ready: a replica that is being opened hears no greeting.
    if (state === 'greeted' && due) this.#greet(node, now)
    const news = (this.#toldCommit.get(node) ?? -1) < this.#state.commit
    if (state === 'following' && (news || due)) this.#tell(progress, now)
  }

  #needsSnapshot(progress: Progress): void {
    progress.state = 'behind'
    this.#state.act({ kind: 'snapshot', to: progress.node })
  }

  /** Commits what the whole effective set has on its disks (R1). */
  #advance(now: number): void {
    const state = this.#state
    const index = this.#agreedByAll()
    if (index <= state.commit) return
    state.commit = index
    state.act({ kind: 'commit', index })
    if (!this.#serving && index >= this.barrier) {
      this.#serving = true
      state.act({ kind: 'serve' })
      this.#beginRound(now)
    }
    // Where more is on its way it will bring the news; where nothing is, readers should not wait for a tick.
    if (state.log.lastIndex === index) for (const progress of this.#replicas.values()) this.#tell(progress, now)
  }

  #agreedByAll(): number {
    const { self, rules, durable, log } = this.#state
    const others = this.#membership.effective().filter(({ node }) => node !== self.node)
    const held = others.map((member) => this.#heldBy(member))
    const own = rules['own-sync-counts'] ? durable : log.lastIndex
    if (!rules['commit-needs-all'] && held.length > 1) return Math.min(own, Math.max(...held))
    return Math.min(own, ...held)
  }

  #heldBy(member: Member): number {
    const progress = this.#replicas.get(member.node)
    if (progress === undefined) return 0
    if (this.#state.rules['acknowledgements-name-disk'] && progress.disk !== member.disk) return 0
    return progress.durable
  }

  #beginRound(now: number): void {
    if (!this.#serving && this.#state.rules['barrier-before-reads']) return
    if (!this.#rounds.due) return
    this.#rounds.begin()
    for (const progress of this.#replicas.values()) this.#tell(progress, now)
    this.#confirmRounds(now)
  }

  #confirmRounds(now: number): void {
    const { self, rules, act } = this.#state
    let round = this.#rounds.begun
    if (rules['reads-confirmed']) {
      for (const { node } of this.#membership.effective()) {
        if (node !== self.node) round = Math.min(round, this.#replicas.get(node)?.round ?? 0)
      }
    }
    if (this.#rounds.confirm(round)) act({ kind: 'confirmed', round })
    this.#beginRound(now)
  }

  #changeMembers(now: number): void {
    if (this.#proposing !== undefined || (this.#membership.uncertain && now < this.#settleAt)) return
    const { record, revision } = this.#membership.confirmed
    const change = nextChange(this.#state, this.#view(record), now) ?? this.#settling(record)
    if (change === undefined) return
    this.#proposing = change.record
    this.#membership.propose(change.record)
    this.#state.act({ kind: 'propose', record: change.record, revision, why: change.why })
  }

  /** A transaction that changes nothing ends those whose outcome is unknown. */
  #settling(record: ShardRecord): Change | undefined {
    if (!this.#membership.uncertain) return undefined
    return { record: { ...record }, why: 'settles a transaction whose outcome is not known' }
  }

  #view(record: ShardRecord): View {
    return {
      record,
      barrier: this.barrier,
      progressOf: (node) => this.#replicas.get(node),
      registeredDisk: (node) => this.#registered.get(node),
    }
  }
}

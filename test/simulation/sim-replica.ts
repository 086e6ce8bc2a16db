import type { ReplicaAction } from '../../src/replication/actions.ts'
import { EpochHistory } from '../../src/replication/epoch-history.ts'
import type { ProposalResult } from '../../src/replication/leader.ts'
import type { Member, ShardRecord } from '../../src/replication/membership.ts'
import type { EntryBatch, ReplicaMessage } from '../../src/replication/messages.ts'
import { Replica } from '../../src/replication/replica.ts'
import type { ReplicationSettings } from '../../src/replication/replica-state.ts'
import type { Rules } from '../../src/replication/rules.ts'
import type { Observer } from './observer.ts'
import type { SimDisk, SimEntry } from './sim-disk.ts'

/** What a replica needs of the process it runs in. */
export interface ReplicaHost {
  now(): number
  /** Runs `task` unless the process has ended; later if it stands still. */
  alive(task: () => void): () => void
  send(to: string, message: ReplicaMessage): void
  propose(record: ShardRecord, revision: number, done: (result: ProposalResult) => void): void
}

export interface SimReplicaParts {
  readonly self: Member
  readonly disk: SimDisk
  readonly settings: ReplicationSettings
  readonly rules: Rules
  readonly observer: Observer
  readonly host: ReplicaHost
}

type Done = (
  answer: { readonly kind: 'ok'; readonly value?: number } | { readonly kind: 'not-applied' | 'unknown' },
) => void

/** Carries out what the protocol code of one replica asks for, on simulated parts; holds the registers. */
export class SimReplica {
  readonly replica: Replica
  readonly #parts: SimReplicaParts
  readonly #actions: ReplicaAction[] = []
  readonly #events: (() => void)[] = []
  readonly #values = new Map<number, number>()
  readonly #writes = new Map<number, Done>()
  #reads: { readonly round: number; readonly index: number; readonly done: (index: number | undefined) => void }[] = []
  #waits: { readonly index: number; readonly done: () => void }[] = []
  #running = false
  #serving = false
  #syncing = false
  #dirty = false
  #syncTarget = 0

  constructor(parts: SimReplicaParts) {
    this.#parts = parts
    const { self, disk, settings, rules } = parts
    const log = new EpochHistory()
    for (const { epoch, index } of disk.entries) log.extend(epoch, index)
    const { applied, promised } = disk.meta
    const position = { epoch: log.epochAt(applied)!, index: applied }
    const recovered = { self, history: 0, promised, log, applied: position, installing: false }
    for (const { write } of disk.entries.slice(0, applied))
      if (write !== undefined) this.#values.set(write.key, write.value)
    this.replica = new Replica({ recovered, settings, rules, act: (action) => this.#actions.push(action) })
  }

  /** Tells the protocol code something, and carries out what comes of it. */
  drive(event: (replica: Replica, now: number) => void): void {
    this.#events.push(() => event(this.replica, this.#parts.host.now()))
    if (this.#running) return
    this.#running = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        next()
        for (let action = this.#actions.shift(); action !== undefined; action = this.#actions.shift()) this.#do(action)
      }
    } finally {
      this.#running = false
    }
  }

  get leads(): number {
    return this.replica.leader?.epoch ?? 0
  }

  /** A client's write, at the leader. */
  write(write: NonNullable<SimEntry['write']>, done: Done): void {
    const { leader } = this.replica
    if (leader === undefined || !this.#serving || !leader.enough) return done({ kind: 'not-applied' })
    const index = this.#parts.disk.entries.length + 1
    this.#writes.set(index, done)
    this.#append({ epoch: leader.epoch, index, write })
  }

  /** At the leader: which entry a consistent read that arrives now has to see. */
  readIndex(done: (index: number | undefined) => void): void {
    this.drive((replica, now) => {
      const { leader } = replica
      if (leader === undefined || (!this.#serving && this.#parts.rules['barrier-before-reads'])) return done(undefined)
      this.#reads.push({ round: leader.want(now), index: replica.state.commit, done })
    })
  }

  /** The value of a register once entry `index` is applied here. */
  readAfter(index: number, key: number, done: (value: number) => void): void {
    const answer = (): void => done(this.#values.get(key) ?? 0)
    if (this.replica.state.applied >= index) answer()
    else this.#waits.push({ index, done: answer })
  }

  #do(action: ReplicaAction): void {
    const { disk, host, observer, self } = this.#parts
    switch (action.kind) {
      case 'send':
        return host.send(action.to, action.message)
      case 'promise':
        disk.write({ promised: action.epoch })
        return disk.sync(host.alive(() => this.drive((replica, now) => replica.promised(action.epoch, now))))
      case 'append':
        disk.append(decode(action.batch))
        return this.#sync()
      case 'cut':
        disk.cut(action.index)
        this.#syncTarget = Math.min(this.#syncTarget, action.index)
        return
      case 'lead':
        observer.leads(self.node, action.epoch, disk.entries)
        return this.#append({ epoch: action.epoch, index: disk.entries.length + 1, write: undefined })
      case 'resign':
        return this.#resign()
      case 'commit':
        return this.#commit(action.index)
      case 'serve':
        this.#serving = true
        return
      case 'fetch':
        return this.#fetch(action.to, action.from)
      case 'snapshot':
        throw new Error('a snapshot is needed, though no log is ever shortened')
      case 'propose':
        return host.propose(action.record, action.revision, (result) =>
          this.drive((replica, now) => replica.onProposed(action.record, result, now)),
        )
      case 'confirmed':
        return this.#confirmed(action.round)
    }
  }

  #append(entry: SimEntry): void {
    this.#parts.disk.append([entry])
    this.drive((replica, now) => replica.wrote(entry.index, now))
    this.#sync()
  }

  #sync(): void {
    if (this.#syncing) {
      this.#dirty = true
      return
    }
    const { disk, host } = this.#parts
    this.#syncing = true
    this.#dirty = false
    this.#syncTarget = disk.entries.length
    disk.sync(
      host.alive(() => {
        this.#syncing = false
        const index = this.#syncTarget
        this.drive((replica, now) => replica.durable(index, now))
        if (this.#dirty) this.#sync()
      }),
    )
  }

  #commit(index: number): void {
    const { disk, observer, self } = this.#parts
    const { state } = this.replica
    for (let next = state.applied + 1; next <= index; next++) {
      const entry = disk.entries[next - 1]!
      observer.commits(self.node, this.leads, entry)
      if (entry.write !== undefined) this.#values.set(entry.write.key, entry.write.value)
      state.applied = next
      const done = this.#writes.get(next)
      this.#writes.delete(next)
      const enough = this.replica.leader?.enough ?? false
      done?.(enough ? { kind: 'ok' } : { kind: 'unknown' })
    }
    if (state.applied <= state.durable && state.applied % 8 === 0) disk.write({ applied: state.applied })
    const ready = this.#waits.filter((wait) => wait.index <= state.applied)
    this.#waits = this.#waits.filter((wait) => wait.index > state.applied)
    for (const { done } of ready) done()
  }

  #fetch(to: string, from: number): void {
    const { entries } = this.#parts.disk
    const first = entries[from - 1]!
    let last = from
    while (last < entries.length && last - from < 50 && entries[last]!.epoch === first.epoch) last++
    const bytes = Buffer.from(JSON.stringify(entries.slice(from - 1, last)))
    const batch = { epoch: first.epoch, firstIndex: from, count: last - from + 1, bytes }
    this.drive((replica, now) => replica.fetched(to, from, batch, now))
  }

  #confirmed(round: number): void {
    const ready = this.#reads.filter((read) => read.round <= round)
    this.#reads = this.#reads.filter((read) => read.round > round)
    for (const { index, done } of ready) done(index)
  }

  #resign(): void {
    this.#serving = false
    for (const done of this.#writes.values()) done({ kind: 'unknown' })
    this.#writes.clear()
    for (const { done } of this.#reads) done(undefined)
    this.#reads = []
  }
}

function decode({ bytes }: EntryBatch): readonly SimEntry[] {
  const entries = JSON.parse(Buffer.from(bytes).toString()) as SimEntry[]
  return entries.map(({ epoch, index, write }) => ({ epoch, index, write }))
}

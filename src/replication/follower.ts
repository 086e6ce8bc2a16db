import { type Append, type EntryBatch, type Greeting, lastOf } from './messages.ts'
import type { ReplicaState } from './replica-state.ts'
import { assertProtocol } from './rules.ts'

/** Spans in a `Standing`: older ones are as old as the log, or need a snapshot. */
const spansTold = 64

/** The part of a replica that follows a leader: takes its entries, says what is on disk, and never serves writes. */
export class Follower {
  /** Who leads in the epoch that was promised; undefined before it has shown itself. */
  leader: string | undefined
  readonly #state: ReplicaState
  /** Its log and the leader's agree up to here. */
  #matched = 0
  #round = 0
  /** A leader whose epoch is being promised. */
  #greeting: { readonly from: string; readonly epoch: number } | undefined

  constructor(state: ReplicaState) {
    this.#state = state
  }

  onGreeting(from: string, { epoch }: Greeting): void {
    const state = this.#state
    if (this.#refuses(from, epoch)) return
    if (epoch <= state.promised) return this.#stand(from)
    this.#greeting = { from, epoch }
    state.act({ kind: 'promise', epoch })
    if (!state.rules['promises-durable']) this.promised(epoch)
  }

  /** The promise is on disk. */
  promised(epoch: number): void {
    if (this.#state.promised < epoch) this.#enter(epoch)
    const greeting = this.#greeting
    if (greeting === undefined || greeting.epoch > epoch) return
    this.#greeting = undefined
    if (greeting.epoch === epoch) this.#stand(greeting.from)
  }

  onAppend(from: string, message: Append): void {
    const state = this.#state
    const { epoch, prev, batch, commit, round } = message
    if (this.#refuses(from, epoch)) return
    // Its greeting was lost or is still being promised: it will come again.
    if (epoch > state.promised || from !== this.leader) return
    if (state.rules['entries-match'] && state.log.epochAt(prev.index) !== prev.epoch) {
      return this.#stand(from)
    }
    this.#matched = Math.max(this.#matched, prev.index)
    if (batch !== undefined && !this.#take(batch)) return this.#stand(from)
    this.#learn(Math.min(commit, this.#matched))
    if (batch !== undefined && !state.rules['acknowledge-after-sync']) state.durable = state.log.lastIndex
    const news = round > this.#round
    this.#round = Math.max(this.#round, round)
    if (batch === undefined || news || this.#durable >= lastOf(batch)) this.#acknowledge()
  }

  /** Entries up to `state.durable` are on disk. */
  durable(): void {
    if (this.leader !== undefined) this.#acknowledge()
  }

  /** It leads now, or nobody does. */
  leave(): void {
    this.leader = undefined
    this.#matched = 0
    this.#greeting = undefined
  }

  get #durable(): number {
    return Math.min(this.#state.durable, this.#matched)
  }

  /** False if the log holds a part of the batch: it is taken whole or not at all, its bytes are not looked into here. */
  #take(batch: EntryBatch): boolean {
    const { log, act } = this.#state
    const last = lastOf(batch)
    const known = this.#knownUpTo(batch)
    if (known < last) {
      if (known >= batch.firstIndex) return false
      this.#cut(known)
      log.extend(batch.epoch, last)
      act({ kind: 'append', batch })
    }
    this.#matched = Math.max(this.#matched, last)
    return true
  }

  /** The last entry of the batch that the log holds already, or the one before its first. */
  #knownUpTo(batch: EntryBatch): number {
    const { log } = this.#state
    let known = batch.firstIndex - 1
    while (known < lastOf(batch) && log.epochAt(known + 1) === batch.epoch) known++
    return known
  }

  #cut(index: number): void {
    const state = this.#state
    if (state.rules['committed-stays']) {
      assertProtocol(index >= state.commit, () => `entry ${index + 1} is committed, and its leader has another`)
    }
    if (index >= state.log.lastIndex) return
    state.log.cutAfter(index)
    state.durable = Math.min(state.durable, index)
    state.act({ kind: 'cut', index })
  }

  #learn(commit: number): void {
    const state = this.#state
    if (commit <= state.commit) return
    state.commit = commit
    state.act({ kind: 'commit', index: commit })
  }

  #acknowledge(): void {
    const { self, applied, promised } = this.#state
    const message = {
      kind: 'acknowledgement',
      epoch: promised,
      disk: self.disk,
      durable: this.#durable,
      applied,
      round: this.#round,
    } as const
    this.#state.act({ kind: 'send', to: this.leader!, message })
  }

  /** Whether a higher epoch was promised; then it says so. */
  #refuses(from: string, epoch: number): boolean {
    const { promised, rules, act } = this.#state
    if (epoch >= promised || !rules['promises-bind']) return false
    act({ kind: 'send', to: from, message: { kind: 'refusal', promised } })
    return true
  }

  #enter(epoch: number): void {
    this.#state.promised = epoch
    this.leader = undefined
    this.#matched = 0
    this.#round = 0
  }

  #stand(from: string): void {
    const { self, log, durable, installing, promised, act } = this.#state
    this.leader = from
    this.#matched = 0
    const message = {
      kind: 'standing',
      epoch: promised,
      disk: self.disk,
      spans: log.spans(spansTold),
      durable,
      installing,
    } as const
    act({ kind: 'send', to: from, message })
  }
}

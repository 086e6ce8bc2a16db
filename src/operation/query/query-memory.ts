import type { Clock } from '../../runtime/clock.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Timer, Timers } from '../../runtime/timers.ts'

/** Work that holds no more than this may go on a little beyond the bound: most queries have few groups. */
const smallBytes = 64 * 1024
/** What small work may take beyond the bound, as a share of it. */
const smallShare = 1 / 4
/** How often work that waits looks for its deadline and its client. */
const sweepMs = 50

/**
 * What all queries under way hold together, in bytes as they estimate them: rows and groups in the shards, answers that
 * wait to be handed out, and partial answers that are merged. Each is bounded by itself (`limits.mergeBudget`); above
 * `limitBytes` for all of them only the oldest work in a shard goes on, and the rest waits with what it has. The oldest
 * waits only for answers that are being handed out, and those for nobody, so that there is no circle
 * (`docs/decisions/0029-query-memory.md`).
 */
export class QueryMemory {
  heldBytes = 0
  private readonly clock: Clock
  private readonly timers: Timers
  private readonly limitBytes: number
  /** Those under way. */
  private readonly shares = new Set<QueryShare>()
  private oldest: QueryShare | undefined
  /** Held by answers that wait to be handed out. */
  private finishedBytes = 0
  private begun = 0
  private waiters: (() => void)[] = []
  private sweeper: Timer | undefined

  constructor({ clock, timers }: Pick<Runtime, 'clock' | 'timers'>, limitBytes: number) {
    this.clock = clock
    this.timers = timers
    this.limitBytes = limitBytes
  }

  /** Pieces of work in shards that wait. */
  get waiting(): number {
    return this.waiters.length
  }

  /**
   * A shard begins its work on the query that came at `arrivedAt` (monotonic milliseconds, as is `deadline`); `tag` tells
   * apart those that came together.
   */
  begin(arrivedAt: number, tag: number, deadline: number): QueryShare {
    const share = new QueryShare(this, arrivedAt, tag, deadline, ++this.begun)
    this.shares.add(share)
    if (this.oldest === undefined || share.isOlderThan(this.oldest)) this.oldest = share
    return share
  }

  /** Something that never waits, an answer that is put together, takes `after` bytes instead of `before`. */
  resize(before: number, after: number): void {
    this.heldBytes += after - before
    if (after < before && this.heldBytes <= this.limitBytes) this.wake()
  }

  /** @internal */
  mayGrow(share: QueryShare): boolean {
    if (this.heldBytes <= this.limitBytes || (share === this.oldest && this.finishedBytes === 0)) return true
    return share.bytes <= smallBytes && this.heldBytes <= this.limitBytes * (1 + smallShare)
  }

  /** @internal Resolves when things have changed, or it is time to look for the deadline. */
  wait(): Promise<void> {
    this.sweeper ??= this.timers.every(sweepMs, () => this.sweep())
    return new Promise((resolve) => this.waiters.push(resolve))
  }

  /** @internal */
  retire(share: QueryShare): void {
    if (!this.shares.delete(share) || share !== this.oldest) return
    this.oldest = undefined
    for (const each of this.shares) if (this.oldest === undefined || each.isOlderThan(this.oldest)) this.oldest = each
    this.wake()
  }

  /** @internal An answer of so many bytes begins to wait to be handed out; negative: it has been. */
  answerWaits(bytes: number): void {
    this.finishedBytes += bytes
    if (this.finishedBytes === 0) this.wake()
  }

  /** Work that is overdue and still under way waits for its engine: it is not to hold up others. */
  private sweep(): void {
    const now = this.clock.now()
    for (const share of this.shares) if (share.deadline <= now) this.retire(share)
    this.wake()
  }

  private wake(): void {
    this.sweeper?.cancel()
    this.sweeper = undefined
    const woken = this.waiters
    this.waiters = []
    for (const resolve of woken) resolve()
  }
}

/** One shard's work on a query, and what it holds. */
export class QueryShare {
  bytes = 0
  readonly deadline: number
  private readonly memory: QueryMemory
  private readonly arrivedAt: number
  private readonly tag: number
  private readonly order: number
  private isFinished = false
  private isReleased = false

  constructor(memory: QueryMemory, arrivedAt: number, tag: number, deadline: number, order: number) {
    this.memory = memory
    this.arrivedAt = arrivedAt
    this.tag = tag
    this.deadline = deadline
    this.order = order
  }

  /** False: the work is to `wait`. */
  get mayGrow(): boolean {
    return this.memory.mayGrow(this)
  }

  /** Resolves when it is to look again whether it may go on. */
  wait(): Promise<void> {
    return this.memory.wait()
  }

  resize(bytes: number): void {
    if (this.isReleased) throw new Error('work on a query goes on that has been answered')
    this.memory.resize(this.bytes, bytes)
    this.bytes = bytes
  }

  /** The work is done; its answer is still held. */
  finish(): void {
    if (this.isFinished) return
    this.isFinished = true
    this.memory.retire(this)
    this.memory.answerWaits(this.bytes)
  }

  /** The answer is handed out, and whoever takes it counts what it keeps. */
  release(): void {
    this.finish()
    if (this.isReleased) return
    this.memory.answerWaits(-this.bytes)
    this.resize(0)
    this.isReleased = true
  }

  isOlderThan(other: QueryShare): boolean {
    return (this.arrivedAt - other.arrivedAt || this.tag - other.tag || this.order - other.order) < 0
  }
}

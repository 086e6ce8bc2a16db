import type { Clock } from '../../runtime/clock.ts'
import { type Engine, systemSpace } from './engine/engine.ts'
import type { Evaluation } from './evaluate/evaluation.ts'
import type { Outcomes } from './evaluate/outcome.ts'
import type { ReadAhead } from './read-ahead.ts'
import {
  type ExpiryEntry,
  expiryBefore,
  expiryKey,
  expiryKind,
  parseExpiryKey,
  storableTime,
  systemKind,
} from './system-keys.ts'

/** Expired things deleted in one go; more are left to the next. */
const maxPerSweep = 256
const indexStart = Uint8Array.of(systemKind.expiry)
const indexEnd = Uint8Array.of(systemKind.expiry + 1)

export interface SweeperParts {
  readonly engine: Engine
  readonly evaluation: Evaluation
  readonly outcomes: Outcomes
  readonly readAhead: ReadAhead | undefined
  readonly clock: Clock
  /** Index of the last log entry that is in the engine. */
  appliedIndex(): number
  /** Whether writes are taken: neither is the backlog full nor has the shard failed or closed. */
  mayWrite(): boolean
}

/**
 * Deletes what has expired, by logged deletes (R13). It reads the engine's expiry index only: entries that are still in
 * the overlay come there soon, and reads refuse expired records meanwhile.
 */
export class Sweeper {
  readonly #parts: SweeperParts
  #running: Promise<unknown> | undefined
  /** What the last sweep deleted stays in the engine's index until that entry is applied: the next goes on behind it. */
  #behind: Uint8Array = indexStart
  #behindIndex = 0
  /** Records, outcomes and tombstones deleted since the shard opened. */
  expired = 0

  constructor(parts: SweeperParts) {
    this.#parts = parts
  }

  /** One sweep; answers whether there may be more to do at once. */
  async sweep(): Promise<boolean> {
    const { evaluation, mayWrite, clock } = this.#parts
    // Whether anything expires or not: a steady clock sees a step only when it is read, and few operations read it.
    const nowMs = clock.wallMs()
    if (this.#running !== undefined || !evaluation.mayExpire || !mayWrite()) return false
    const sweep = this.#sweepOnce(nowMs)
    this.#running = sweep
    try {
      return await sweep
    } finally {
      this.#running = undefined
    }
  }

  /** Resolves when no sweep is under way. */
  async idle(): Promise<void> {
    await this.#running?.catch(() => {})
  }

  async #sweepOnce(nowMs: number): Promise<boolean> {
    if (this.#behindIndex <= this.#parts.appliedIndex()) this.#behind = indexStart
    const due = await this.#indexed(this.#behind, expiryBefore(storableTime(nowMs)), maxPerSweep)
    if (due.length > 0) await this.#delete(due)
    else await this.#noteEmpty()
    return due.length === maxPerSweep
  }

  /** Once nothing in the shard can expire, blind writes need not look for an expiry to clear. */
  async #noteEmpty(): Promise<void> {
    const { evaluation, appliedIndex } = this.#parts
    if (evaluation.lastExpiryIndex > appliedIndex()) return
    const before = evaluation.lastExpiryIndex
    const any = await this.#indexed(indexStart, indexEnd, 1)
    if (any.length === 0 && evaluation.lastExpiryIndex === before) evaluation.mayExpire = false
  }

  /** The first `limit` entries of the expiry index above `lower` and below `upper`. */
  async #indexed(lower: Uint8Array, upper: Uint8Array, limit: number): Promise<ExpiryEntry[]> {
    const { engine, readAhead } = this.#parts
    const due: ExpiryEntry[] = []
    // The clock may have gone back behind what the last sweep deleted.
    if (Buffer.compare(lower, upper) >= 0) return due
    const bounds = { lower, lowerInclusive: false, upper, upperInclusive: false } as const
    const range = { space: systemSpace, ...bounds, reverse: false, values: false, limit } as const
    const walk = engine.walk(range, (key) => due.push(parseExpiryKey(key)) < limit)
    await (readAhead?.walking(walk) ?? walk)
    return due
  }

  async #delete(due: readonly ExpiryEntry[]): Promise<void> {
    const { readAhead, mayWrite } = this.#parts
    const heads = due.filter((each) => each.kind === expiryKind.record).map((each) => each.key)
    const system = due.filter((each) => each.kind !== expiryKind.record).map((each) => each.key)
    const run = (): void => {
      if (mayWrite()) this.#deleteNow(due)
    }
    if (readAhead === undefined) return run()
    await new Promise<void>((resolve) => readAhead.queue({ records: [], heads, system }, () => resolve(run())))
  }

  #deleteNow(due: readonly ExpiryEntry[]): void {
    const { evaluation } = this.#parts
    evaluation.begin()
    for (const entry of due) {
      if (entry.kind === expiryKind.record) this.#deleteRecord(entry)
      else this.#deleteSystem(entry)
    }
    this.#behindIndex = evaluation.finish()
    const { atMs, kind, key } = due.at(-1)!
    this.#behind = expiryKey(atMs, kind, key)
  }

  #deleteRecord({ atMs, kind, key }: ExpiryEntry): void {
    const { evaluation } = this.#parts
    const live = evaluation.look(key)
    if (live === undefined && evaluation.reapedMs === atMs) this.expired += 1
    else if (live?.expiresAtMs !== atMs) evaluation.eraseSystem(expiryKey(atMs, kind, key))
  }

  #deleteSystem({ atMs, kind, key }: ExpiryEntry): void {
    const { evaluation, outcomes } = this.#parts
    evaluation.eraseSystem(expiryKey(atMs, kind, key))
    const value = evaluation.lookSystem(key)
    if (value === undefined || (kind === expiryKind.outcome && outcomes.endsAt(value) !== atMs)) return
    if (kind === expiryKind.outcome) outcomes.removed(value)
    evaluation.eraseSystem(key)
    this.expired += 1
  }
}

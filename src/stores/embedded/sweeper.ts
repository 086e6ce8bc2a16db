import type { Clock } from '../../runtime/clock.ts'
import { type Engine, systemSpace } from './engine/engine.ts'
import type { Evaluation } from './evaluate/evaluation.ts'
import type { Outcomes } from './evaluate/outcome.ts'
import type { ReadAhead } from './read-ahead.ts'
import { type ExpiryEntry, expiryBefore, expiryKey, expiryKind, parseExpiryKey, systemKind } from './system-keys.ts'

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
}

/**
 * Deletes what has expired, by logged deletes (R13). It reads the engine's expiry index only: entries that are still in
 * the overlay come there soon, and reads refuse expired records meanwhile.
 */
export class Sweeper {
  readonly #parts: SweeperParts
  #running = false
  /** Records, outcomes and tombstones deleted since the shard opened. */
  expired = 0

  constructor(parts: SweeperParts) {
    this.#parts = parts
  }

  /** One sweep; answers whether there may be more to do at once. */
  async sweep(): Promise<boolean> {
    if (this.#running) return false
    this.#running = true
    try {
      const due = await this.#due()
      if (due.length > 0) this.#delete(due)
      else await this.#noteEmpty()
      return due.length === maxPerSweep
    } finally {
      this.#running = false
    }
  }

  /** Once nothing in the shard can expire, blind writes need not look for an expiry to clear. */
  async #noteEmpty(): Promise<void> {
    const { evaluation, appliedIndex } = this.#parts
    if (!evaluation.mayExpire || evaluation.lastExpiryIndex > appliedIndex()) return
    const before = evaluation.lastExpiryIndex
    const any = await this.#indexed(indexEnd, 1)
    if (any.length === 0 && evaluation.lastExpiryIndex === before) evaluation.mayExpire = false
  }

  #due(): Promise<ExpiryEntry[]> {
    return this.#indexed(expiryBefore(this.#parts.clock.wallMs()), maxPerSweep)
  }

  /** The first `limit` entries of the expiry index below `upper`. */
  async #indexed(upper: Uint8Array, limit: number): Promise<ExpiryEntry[]> {
    const { engine, readAhead } = this.#parts
    const due: ExpiryEntry[] = []
    const bounds = { lower: indexStart, lowerInclusive: true, upper, upperInclusive: false } as const
    const range = { space: systemSpace, ...bounds, reverse: false, values: false, limit } as const
    readAhead?.enterWalk()
    try {
      await engine.walk(range, (key) => due.push(parseExpiryKey(key)) < limit)
    } finally {
      readAhead?.leaveWalk()
    }
    return due
  }

  #delete(due: readonly ExpiryEntry[]): void {
    const { readAhead } = this.#parts
    const records = due.filter((each) => each.kind === expiryKind.record).map((each) => each.key)
    const system = due.filter((each) => each.kind !== expiryKind.record).map((each) => each.key)
    const execute = (): void => this.#deleteNow(due)
    if (readAhead === undefined || !readAhead.mustWait({ records, system }, execute)) execute()
  }

  #deleteNow(due: readonly ExpiryEntry[]): void {
    const { evaluation, clock } = this.#parts
    evaluation.begin(clock.wallMs())
    for (const entry of due) {
      if (entry.kind === expiryKind.record) this.#deleteRecord(entry)
      else this.#deleteSystem(entry)
    }
    evaluation.finish()
  }

  #deleteRecord({ atMs, kind, key }: ExpiryEntry): void {
    const { evaluation } = this.#parts
    const live = evaluation.look(key)
    const stored = live?.expiresAtMs ?? (evaluation.leftExpired ? evaluation.foundExpiryMs : 0)
    if (stored === atMs && live === undefined) {
      evaluation.erase(key)
      this.expired += 1
    } else if (stored !== atMs) {
      evaluation.eraseSystem(expiryKey(atMs, kind, key))
    }
  }

  #deleteSystem({ atMs, kind, key }: ExpiryEntry): void {
    const { evaluation, outcomes } = this.#parts
    evaluation.eraseSystem(expiryKey(atMs, kind, key))
    const value = evaluation.lookSystem(key)
    if (value === undefined || (kind === expiryKind.outcome && outcomes.endsAt(value) !== atMs)) return
    evaluation.eraseSystem(key)
    if (kind === expiryKind.outcome) outcomes.count -= 1
    this.expired += 1
  }
}

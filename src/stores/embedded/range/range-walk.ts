import type { KeyRange } from '../../../operation/body.ts'
import { type Engine, recordSpace, type Space, type Visit, type WalkRange } from '../engine/engine.ts'
import type { OrderedCursor } from '../index/ordered-cursor.ts'
import type { Overlay } from '../overlay.ts'

/** Whether a walk has seen the whole range, or stopped before and goes on at the next step. */
export type StepEnd = 'ended' | 'stopped'

/** Called with each key in order, and where its value is. False stops. */
export type VisitStored = Visit

/**
 * Walks a range of one space in key order, overlay and engine merged, in steps that resume after the last key seen.
 * Between steps anything may be written: each step sees the newest state ahead of it, so the whole is no snapshot.
 */
export class RangeWalk {
  readonly #engine: Engine
  readonly #overlay: Overlay | undefined
  readonly #reverse: boolean
  readonly #values: boolean
  readonly #space: Space
  #lower: Uint8Array | undefined
  #lowerInclusive: boolean
  #upper: Uint8Array | undefined
  #upperInclusive: boolean
  #lent = true

  /** The newest log entry, of those the engine does not have, that what was seen depends on, removals included; or 0. */
  dependsOn = 0

  /** The bounds of `range` may be views that are valid only until the caller's turn is over: see `keepBounds`. */
  constructor(
    engine: Engine,
    overlay: Overlay | undefined,
    range: KeyRange,
    options: { readonly reverse: boolean; readonly values: boolean; readonly space?: Space },
  ) {
    this.#engine = engine
    this.#overlay = overlay
    this.#reverse = options.reverse
    this.#values = options.values
    this.#space = options.space ?? recordSpace
    this.#lower = range.lower?.key
    this.#lowerInclusive = range.lower?.inclusive ?? true
    this.#upper = range.upper?.key
    this.#upperInclusive = range.upper?.inclusive ?? true
  }

  /** Copies the bounds: the next step comes in a later turn. */
  keepBounds(): void {
    if (!this.#lent) return
    this.#lent = false
    this.#lower = this.#lower && Buffer.from(this.#lower)
    this.#upper = this.#upper && Buffer.from(this.#upper)
  }

  /** Visits at most about `limit` keys. Answers at once for engines with `syncReads`. */
  step(limit: number, visit: VisitStored): StepEnd | Promise<StepEnd> {
    if (!this.#engine.syncReads) this.keepBounds()
    const range = this.#range(limit)
    const merge = new MergeStep(this.#overlay, range, visit)
    const pending = this.#engine.walk(range, merge.onEngineKey)
    if (pending === undefined) return this.#finish(merge, limit)
    return pending.then(() => this.#finish(merge, limit))
  }

  #finish(merge: MergeStep, limit: number): StepEnd {
    const ended = !merge.stopped && merge.engineKeys < limit
    if (ended) merge.emitRest()
    if (merge.newestIndex > this.dependsOn) this.dependsOn = merge.newestIndex
    if (ended && !merge.stopped) return 'ended'
    this.#resumeAfter(merge.lastKey)
    return 'stopped'
  }

  #range(limit: number): WalkRange {
    return {
      space: this.#space,
      lower: this.#lower,
      lowerInclusive: this.#lowerInclusive,
      upper: this.#upper,
      upperInclusive: this.#upperInclusive,
      reverse: this.#reverse,
      values: this.#values,
      limit,
    }
  }

  #resumeAfter(key: Uint8Array): void {
    if (this.#reverse) {
      this.#upper = key
      this.#upperInclusive = false
    } else {
      this.#lower = key
      this.#lowerInclusive = false
    }
  }
}

/** One step's merge: the engine drives, the overlay's keys are put in between and take precedence. */
class MergeStep {
  readonly #overlay: Overlay | undefined
  readonly #cursor: OrderedCursor | undefined
  readonly #visit: VisitStored
  readonly #reverse: boolean
  readonly #limit: number
  #nextRef = -1
  #last: Uint8Array | undefined
  engineKeys = 0
  newestIndex = 0
  stopped = false

  constructor(overlay: Overlay | undefined, range: WalkRange, visit: VisitStored) {
    this.#overlay = overlay
    this.#visit = visit
    this.#reverse = range.reverse
    this.#limit = range.limit
    this.#cursor = overlay !== undefined && overlay.size > 0 ? overlay.order!.cursor(range) : undefined
    this.#advance()
  }

  /** A copy of the last key that was visited, if the step stopped there. */
  get lastKey(): Uint8Array {
    return this.#last!
  }

  readonly onEngineKey: Visit = (key, value, start, end) => {
    this.engineKeys += 1
    while (this.#hasNext()) {
      const order = this.#overlay!.compareKeyAt(this.#nextRef, key)
      if (this.#reverse ? order < 0 : order > 0) break
      this.#emitOverlay()
      if (order === 0) return this.#leave(key)
      if (this.stopped) return false
    }
    if (!this.#visit(key, value, start, end)) this.stopped = true
    return this.#leave(key)
  }

  emitRest(): void {
    while (!this.stopped && this.#hasNext()) this.#emitOverlay()
  }

  /**
   * Whether the overlay has a key left. An effect that was dropped meanwhile, which happens to steps that span turns, had
   * been applied before the step began (`ReadAhead.settled`): the engine visits its key.
   */
  #hasNext(): boolean {
    while (this.#nextRef >= 0 && !this.#overlay!.holds(this.#nextRef)) this.#advance()
    return this.#nextRef >= 0
  }

  #leave(key: Uint8Array): boolean {
    if (this.stopped || this.engineKeys >= this.#limit) this.#last = Buffer.from(key)
    return !this.stopped
  }

  #emitOverlay(): void {
    const overlay = this.#overlay!
    const ref = this.#nextRef
    const key = overlay.keyAt(ref)
    this.#advance()
    this.newestIndex = Math.max(this.newestIndex, overlay.indexAt(ref))
    if (overlay.removesAt(ref)) return
    const { bytes } = overlay.slabAt(ref)
    if (!this.#visit(key, bytes, overlay.valueStartAt(ref), overlay.valueEndAt(ref))) {
      this.stopped = true
      this.#last = Buffer.from(key)
    }
  }

  #advance(): void {
    this.#nextRef = this.#cursor?.next() ?? -1
  }
}

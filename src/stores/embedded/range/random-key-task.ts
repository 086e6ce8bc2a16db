import { GatewayError } from '../../../errors.ts'
import type { KeyRange } from '../../../operation/body.ts'
import { rangeOf } from '../../../operation/key-range.ts'
import type { ScanEntry } from '../../../operation/reply.ts'
import type { Random } from '../../../runtime/random.ts'
import type { Engine } from '../engine/engine.ts'
import { noPositions } from '../evaluate/written.ts'
import type { Answer } from '../pending-replies.ts'
import { stoppedMidway } from '../shard-failure.ts'
import type { Asker } from './asker.ts'
import { FirstCollector } from './collectors.ts'
import { type RangeContext, RangeTask } from './range-task.ts'
import { RangeWalk } from './range-walk.ts'
import type { SlicedTask } from './slices.ts'

/** The nearest key to what was drawn, or an end of the keys in question. */
type Sought = 'near' | 'least' | 'greatest'

/**
 * Picks a key at random by going down the tree of common prefixes: at each branch it draws one of the bytes between the
 * least and the greatest there, and goes on below the nearest key before or after it. Every key can come; how often
 * depends on how the keys branch. Three look-ups for each branch, at most as many branches as a key has bytes.
 */
export class RandomKeyTask implements SlicedTask {
  readonly #engine: Engine
  readonly #context: RangeContext
  readonly #random: Random
  readonly #asker: Asker
  #seek: RangeTask
  #found = new FirstCollector()
  #failure: GatewayError | undefined
  #done = false
  #dependsOn = 0
  /** The keys in question, how many bytes they are known to share, and the least of them. */
  #range: KeyRange = {}
  #shared = 0
  #low: ScanEntry | undefined
  #seeking: Sought = 'least'

  constructor(engine: Engine, context: RangeContext, random: Random, asker: Asker) {
    this.#engine = engine
    this.#context = context
    this.#random = random
    this.#asker = asker
    this.#seek = this.#seekFirst(this.#range, false)
  }

  slice(untilMs: number): boolean | Promise<boolean> {
    for (;;) {
      const done = this.#seek.slice(untilMs)
      if (done === false) return false
      if (done !== true) return done.then((ended) => ended && this.#goOn())
      if (this.#goOn()) return true
    }
  }

  park(): void {
    this.#seek.park()
  }

  fail(error: Error): void {
    if (this.#done) throw error
    this.#context.fail(error)
    this.#end(stoppedMidway)
  }

  /** A look-up has ended: answers, or prepares the next one. */
  #goOn(): boolean {
    const { entry } = this.#found
    if (this.#failure !== undefined) return this.#end(this.#failure)
    // What was left has gone meanwhile: the key found before was there a moment ago.
    if (entry === undefined) return this.#endWith(this.#low)
    if (this.#seeking === 'greatest') return this.#branch(this.#low!.key, entry)
    if (this.#seeking === 'near') return this.#goBelow(entry)
    this.#low = entry
    return this.#seekNext('greatest', this.#range, true)
  }

  /** Draws a branch between the least and the greatest key in question. */
  #branch(low: Uint8Array, greatest: ScanEntry): boolean {
    const high = greatest.key
    let shared = this.#shared
    while (shared < low.length && shared < high.length && low[shared] === high[shared]) shared += 1
    if (shared >= high.length) return this.#endWith(greatest)
    this.#shared = shared
    // The least key may end where the branches begin: it counts as a branch before the first byte.
    const from = shared === low.length ? -1 : low[shared]!
    // Writes between the two look-ups may have left the least above the greatest.
    const drawn = from + this.#random.integer(Math.max(0, high[shared]! - from) + 1)
    if (drawn === -1) return this.#endWith(this.#low)
    const { lower, upper } = rangeOf({ prefix: Buffer.concat([low.subarray(0, shared), Buffer.of(drawn)]) })
    if (this.#random.integer(2) === 0) return this.#seekNext('near', { ...this.#range, ...(lower && { lower }) }, false)
    return this.#seekNext('near', { ...this.#range, ...(upper && { upper }) }, true)
  }

  #goBelow(entry: ScanEntry): boolean {
    // Shorter: writes since the last look-up have changed what the keys share.
    if (entry.key.length <= this.#shared) return this.#endWith(entry)
    this.#shared += 1
    this.#range = rangeOf({ prefix: entry.key.subarray(0, this.#shared) })
    return this.#seekNext('least', this.#range, false)
  }

  #seekNext(what: Sought, range: KeyRange, reverse: boolean): false {
    this.#seeking = what
    this.#seek = this.#seekFirst(range, reverse)
    return false
  }

  #seekFirst(range: KeyRange, reverse: boolean): RangeTask {
    this.#found = new FirstCollector()
    const { overlay } = this.#context
    const walk = new RangeWalk(this.#engine, overlay, range, { reverse, values: true })
    const answer: RangeContext['answer'] = (_, __, result, dependsOn) => {
      if (result instanceof GatewayError) this.#failure = result
      this.#dependsOn = Math.max(this.#dependsOn, dependsOn)
    }
    const context = { ...this.#context, answer }
    return new RangeTask(context, walk, this.#found, this.#asker)
  }

  #endWith(entry: ScanEntry | undefined): boolean {
    const entries = entry === undefined ? [] : [entry]
    return this.#end({ kind: 'page', entries, more: false, positions: noPositions }, this.#dependsOn)
  }

  #end(answer: Answer, dependsOn = 0): boolean {
    this.#done = true
    this.#context.answer(this.#asker.operation, this.#asker.handler, answer, dependsOn)
    return true
  }
}

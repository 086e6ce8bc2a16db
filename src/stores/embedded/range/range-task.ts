import { GatewayError } from '../../../errors.ts'
import type { Handler, Operation } from '../../../operation/operation.ts'
import type { Clock } from '../../../runtime/clock.ts'
import type { Overlay } from '../overlay.ts'
import type { Answer } from '../pending-replies.ts'
import type { ReadAhead } from '../read-ahead.ts'
import { DecodedRecord } from '../record-codec.ts'
import type { Asker } from './asker.ts'
import type { RangeWalk, StepEnd } from './range-walk.ts'
import type { SlicedTask } from './slices.ts'

/** Keys looked at between two looks at the clock. */
const keysPerStep = 128
/** Effects added to the overlay's ordered view between two looks at the clock. */
const effectsPerStep = 256

const deadlinePassed = new GatewayError('deadline', 'The deadline passed while the range was being read.')
const clientGone = new GatewayError('deadline', 'The client went away.')

/** What a task needs of its shard. */
export interface RangeContext {
  readonly clock: Clock
  readonly overlay: Overlay | undefined
  readonly readAhead: ReadAhead | undefined
  /** Wall-clock milliseconds that decide what has expired. */
  nowMs(): number
  /** Hands the answer out once log entry `dependsOn` is durable. */
  answer(operation: Operation, handler: Handler, answer: Answer, dependsOn: number): void
}

/** Receives the live records of a range in key order; false (or an error) ends the walk. */
export interface RangeCollector {
  add(key: Uint8Array, record: DecodedRecord): boolean | GatewayError
  /** The answer; `complete` is false if the collector ended the walk. */
  finish(complete: boolean): Answer
}

/** Reads one range in slices and feeds its live records to a collector. */
export class RangeTask implements SlicedTask {
  readonly #context: RangeContext
  readonly #walk: RangeWalk
  readonly #collector: RangeCollector
  readonly #asker: Asker
  readonly #record = new DecodedRecord()
  readonly #nowMs: number
  #failure: GatewayError | undefined
  #enough = false

  constructor(context: RangeContext, walk: RangeWalk, collector: RangeCollector, asker: Asker) {
    this.#context = context
    this.#walk = walk
    this.#collector = collector
    this.#asker = asker
    this.#nowMs = context.nowMs()
  }

  slice(untilMs: number): boolean | Promise<boolean> {
    const { clock, overlay } = this.#context
    for (;;) {
      const now = clock.now()
      if (now >= this.#asker.deadline) return this.#end(deadlinePassed, 0)
      if (this.#asker.origin.gone) return this.#end(clientGone, 0)
      if (now >= untilMs) return false
      if (overlay !== undefined && overlay.size > 0 && overlay.order === undefined) {
        overlay.buildOrder(effectsPerStep)
        continue
      }
      const step = this.#walk.step(keysPerStep, this.#visit)
      if (typeof step !== 'string') return this.#afterWait(step)
      if (this.#afterStep(step)) return true
    }
  }

  park(): void {
    this.#walk.keepBounds()
  }

  fail(error: Error): void {
    const { operation, handler } = this.#asker
    handler.onError(operation, new GatewayError('store-failed', `Reading the range failed: ${error.message}`))
  }

  readonly #visit = (key: Uint8Array, value: Uint8Array, start: number, end: number): boolean => {
    const record = this.#record.decode(value, start, end)
    if (record.expiresAtMs !== 0 && record.expiresAtMs <= this.#nowMs) return true
    const more = this.#collector.add(key, record)
    if (more === true) return true
    this.#enough = true
    if (more instanceof GatewayError) this.#failure = more
    return false
  }

  /** The engine works outside the event loop's turn: until it is done, nothing may leave the overlay. */
  async #afterWait(step: Promise<StepEnd>): Promise<boolean> {
    const { readAhead } = this.#context
    return this.#afterStep(await (readAhead?.walking(step) ?? step))
  }

  #afterStep(end: StepEnd): boolean {
    if (end !== 'ended' && !this.#enough) return false
    return this.#end(this.#failure ?? this.#collector.finish(!this.#enough), this.#walk.dependsOn)
  }

  #end(answer: Answer, dependsOn: number): boolean {
    this.#context.answer(this.#asker.operation, this.#asker.handler, answer, dependsOn)
    return true
  }
}

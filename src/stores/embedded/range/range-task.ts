import { GatewayError } from '../../../errors.ts'
import type { Handler, Operation } from '../../../operation/operation.ts'
import type { QueryShare } from '../../../operation/query/query-memory.ts'
import type { Reply } from '../../../operation/reply.ts'
import type { Clock } from '../../../runtime/clock.ts'
import type { Overlay } from '../overlay.ts'
import type { Answer } from '../pending-replies.ts'
import type { ReadAhead } from '../read-ahead.ts'
import { DecodedRecord } from '../record-codec.ts'
import { stoppedMidway } from '../shard-failure.ts'
import type { Asker } from './asker.ts'
import type { RangeWalk, StepEnd } from './range-walk.ts'
import { type SlicedTask, sliceMs } from './slices.ts'

/** Keys that a walk is asked for at a time, at most. */
const keysPerStep = 128
/**
 * What is done between two looks at the clock: records, few because code that has hardly run is slow; or steps of the
 * collector, about a fifth of a millisecond.
 */
export const recordsPerLook = 8
const collectorSteps = 20_000
/** Effects added to the overlay's ordered view between two looks at the clock. */
const effectsPerStep = 256

const deadlinePassed = new GatewayError('deadline', 'The deadline passed while the range was being read.')
const clientGone = new GatewayError('abandoned', 'The client went away while the range was being read.')

/** What a task needs of its shard. */
export interface RangeContext {
  readonly clock: Clock
  readonly overlay: Overlay | undefined
  readonly readAhead: ReadAhead | undefined
  /** Wall-clock milliseconds that decide what has expired. */
  nowMs(): number
  /** Hands the answer out once log entry `dependsOn` is durable. */
  answer(operation: Operation, handler: Handler, answer: Answer, dependsOn: number): void
  /** Stops the shard: something threw, and nobody knows what it holds now. */
  fail(error: Error): void
}

/** Receives the live records of a range in key order; false (or an error) ends the walk. */
export interface RangeCollector {
  add(key: Uint8Array, record: DecodedRecord): boolean | GatewayError
  /** What it has done so far, in steps of about ten nanoseconds; 0 if every record takes it about as long. */
  readonly steps: number
  /** What its answer takes, where that is counted together with those of others. */
  readonly bytes: number
  /** The answer; `complete` is false if the collector ended the walk. */
  finish(complete: boolean): Answer
}

/** Reads one range in slices and feeds its live records to a collector. */
export class RangeTask implements SlicedTask {
  readonly #context: RangeContext
  readonly #walk: RangeWalk
  readonly #collector: RangeCollector
  readonly #asker: Asker
  /** What it holds, if it may have to wait with that. */
  readonly #share: QueryShare | undefined
  readonly #record = new DecodedRecord()
  readonly #nowMs: number
  #failure: GatewayError | undefined
  #enough = false
  #done = false
  /** When the slice ends; undefined while the engine is waited for, as the slice then begins with what it brings. */
  #untilMs: number | undefined
  #keys = keysPerStep
  #seen = 0
  #cut = false
  #seenAtLook = 0
  #stepsAtLook = 0

  constructor(context: RangeContext, walk: RangeWalk, collector: RangeCollector, asker: Asker, share?: QueryShare) {
    this.#context = context
    this.#walk = walk
    this.#collector = collector
    this.#asker = asker
    this.#share = share
    this.#nowMs = context.nowMs()
  }

  slice(untilMs: number): boolean | Promise<boolean> {
    const { clock, overlay } = this.#context
    for (;;) {
      const now = clock.now()
      if (now >= this.#asker.deadline) return this.#end(deadlinePassed, 0)
      if (this.#asker.gone) return this.#end(clientGone, 0)
      if (now >= untilMs) return false
      if (!this.#mayGrow()) return this.#waitForRoom()
      if (overlay !== undefined && overlay.size > 0 && overlay.order === undefined) {
        overlay.buildOrder(effectsPerStep)
        continue
      }
      this.#untilMs = untilMs
      this.#seen = 0
      this.#seenAtLook = 0
      this.#cut = false
      const step = this.#walk.step(this.#keys, this.#visit)
      if (typeof step !== 'string') {
        this.#untilMs = undefined
        return this.#afterWait(step)
      }
      if (this.#afterStep(step)) return true
    }
  }

  park(): void {
    this.#walk.keepBounds()
  }

  fail(error: Error): void {
    // What is thrown after the answer is a defect of whoever was answered.
    if (this.#done) throw error
    this.#context.fail(error)
    this.#end(stoppedMidway, 0)
  }

  readonly #visit = (key: Uint8Array, value: Uint8Array, start: number, end: number): boolean => {
    this.#seen += 1
    const record = this.#record.decode(value, start, end)
    if (record.expiresAtMs !== 0 && record.expiresAtMs <= this.#nowMs) return !this.#sliceOver()
    const more = this.#collector.add(key, record)
    if (more === true) return !this.#sliceOver()
    this.#enough = true
    if (more instanceof GatewayError) this.#failure = more
    return false
  }

  /** Whether the walk is to stop for now, as records took long. Engines read ahead, so the next step is as short. */
  #sliceOver(): boolean {
    const { steps } = this.#collector
    if (this.#seen - this.#seenAtLook < recordsPerLook && steps - this.#stepsAtLook < collectorSteps) return false
    this.#seenAtLook = this.#seen
    this.#stepsAtLook = steps
    const now = this.#context.clock.now()
    this.#untilMs ??= now + sliceMs
    this.#share?.resize(this.#collector.bytes)
    if (now < this.#untilMs && this.#mayGrow()) return false
    this.#keys = this.#seen
    this.#cut = true
    return true
  }

  async #waitForRoom(): Promise<boolean> {
    this.park()
    await this.#share!.wait()
    return false
  }

  #mayGrow(): boolean {
    return this.#share === undefined || this.#share.mayGrow
  }

  /** The engine works outside the event loop's turn: until it is done, nothing may leave the overlay. */
  async #afterWait(step: Promise<StepEnd>): Promise<boolean> {
    const { readAhead } = this.#context
    return this.#afterStep(await (readAhead?.walking(step) ?? step))
  }

  #afterStep(end: StepEnd): boolean {
    this.#share?.resize(this.#collector.bytes)
    if (!this.#cut) this.#keys = Math.min(keysPerStep, 2 * this.#keys)
    if (end !== 'ended' && !this.#enough) return false
    return this.#end(this.#failure ?? this.#collector.finish(!this.#enough), this.#walk.dependsOn)
  }

  #end(answer: Answer, dependsOn: number): boolean {
    this.#done = true
    this.#share?.finish()
    const { operation, handler } = this.#asker
    const taker = this.#share === undefined ? handler : new Releasing(this.#share, handler)
    this.#context.answer(operation, taker, answer, dependsOn)
    return true
  }
}

/** Counts an answer until it is handed out: it may wait for the disk. */
class Releasing implements Handler {
  readonly #share: QueryShare
  readonly #handler: Handler

  constructor(share: QueryShare, handler: Handler) {
    this.#share = share
    this.#handler = handler
  }

  onReply(operation: Operation, reply: Reply): void {
    this.#share.release()
    this.#handler.onReply(operation, reply)
  }

  onError(operation: Operation, error: GatewayError): void {
    this.#share.release()
    this.#handler.onError(operation, error)
  }
}

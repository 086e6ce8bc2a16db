import type { GatewayError } from '../../errors.ts'
import type { KeyRange, RangeBody } from '../../operation/body.ts'
import { copyRange } from '../../operation/copy-body.ts'
import type { Handler, Operation } from '../../operation/operation.ts'
import { type Accumulator, createAccumulator } from '../../operation/query/accumulator.ts'
import type { QueryMemory, QueryShare } from '../../operation/query/query-memory.ts'
import type { Random } from '../../runtime/random.ts'
import type { Engine } from './engine/engine.ts'
import { recordSpace } from './engine/engine.ts'
import { noPositions } from './evaluate/written.ts'
import type { Answer } from './pending-replies.ts'
import { Asker } from './range/asker.ts'
import { CountCollector, PageCollector } from './range/collectors.ts'
import { RandomKeyTask } from './range/random-key-task.ts'
import { type RangeCollector, type RangeContext, RangeTask } from './range/range-task.ts'
import { RangeWalk } from './range/range-walk.ts'
import type { SliceScheduler } from './range/slices.ts'
import type { DecodedRecord } from './record-codec.ts'

/** Up to this many effects are compared with the engine one by one to count records without walking them. */
const fewEffects = 2000
/** The overlay's ordered view is dropped after this long without a scan. */
export const orderIdleMs = 10_000

/** What the ranges of all shards share. */
export interface RangeSurroundings {
  readonly slices: SliceScheduler
  readonly queries: QueryMemory
  readonly random: Random
}

/** Executes operations on ranges of keys. */
export class RangeExecutor {
  readonly #engine: Engine
  readonly #context: RangeContext
  readonly #slices: SliceScheduler
  readonly #random: Random
  readonly #queries: QueryMemory
  readonly #queryBudgetBytes: number
  #lastUseAt = 0

  constructor(
    engine: Engine,
    context: RangeContext,
    { slices, queries, random }: RangeSurroundings,
    queryBudgetBytes: number,
  ) {
    this.#engine = engine
    this.#context = context
    this.#slices = slices
    this.#random = random
    this.#queries = queries
    this.#queryBudgetBytes = queryBudgetBytes
  }

  execute(body: RangeBody, operation: Operation, handler: Handler): void {
    const { arrivedAt, tag, deadline } = operation
    this.#lastUseAt = arrivedAt
    switch (body.kind) {
      case 'scan': {
        const reverse = body.order === 'desc'
        return this.#run(body.range, reverse, new PageCollector(body), operation, handler)
      }
      case 'count':
        return this.#run(body.range, false, new CountCollector(), operation, handler)
      case 'query': {
        const collector = new QueryCollector(createAccumulator(body.query, this.#queryBudgetBytes))
        const share = this.#queries.begin(arrivedAt, tag, deadline)
        return this.#run(body.range, false, collector, operation, handler, share)
      }
      case 'size':
        return this.#size(operation, handler)
      case 'random-key':
        return this.#slices.add(
          new RandomKeyTask(this.#engine, this.#context, this.#random, new Asker(operation, handler)),
        )
    }
  }

  /** Lets go of the ordered view of the overlay when no scan has needed it for a while. */
  tidy(nowMs: number): void {
    if (nowMs - this.#lastUseAt > orderIdleMs && this.#slices.running === 0) this.#context.overlay?.dropOrder()
  }

  /** Resolves when every operation on a range has been answered. */
  idle(): Promise<void> {
    return this.#slices.idle()
  }

  #run(
    range: KeyRange,
    reverse: boolean,
    collector: RangeCollector,
    operation: Operation,
    handler: Handler,
    share?: QueryShare,
  ): void {
    // The walk outlives this call, and the bounds may lie in a read buffer.
    const walk = new RangeWalk(this.#engine, this.#context.overlay, copyRange(range), { reverse, values: true })
    this.#slices.add(new RangeTask(this.#context, walk, collector, new Asker(operation, handler), share))
  }

  #size(operation: Operation, handler: Handler): void {
    const { overlay } = this.#context
    const { keys, exact } = this.#engine.count()
    const held = overlay === undefined ? 0 : overlay.tail - overlay.head
    if (!exact || held > fewEffects || (held > 0 && !this.#engine.syncReads)) {
      return this.#run({}, false, new CountCollector(), operation, handler)
    }
    const count = keys + this.#unappliedDifference()
    const dependsOn = overlay === undefined || held === 0 ? 0 : overlay.indexAt(overlay.refAt(overlay.tail - 1))
    this.#context.answer(operation, handler, { kind: 'count', count, positions: noPositions }, dependsOn)
  }

  /** How many more records there are than the engine knows of. */
  #unappliedDifference(): number {
    const { overlay } = this.#context
    if (overlay === undefined) return 0
    let difference = 0
    for (let sequence = overlay.head; sequence < overlay.tail; sequence++) {
      const ref = overlay.refAt(sequence)
      if (overlay.spaceAt(ref) !== recordSpace) continue
      const key = overlay.keyAt(ref)
      if (overlay.find(recordSpace, key) !== ref) continue
      const there = this.#engine.find(recordSpace, key)
      difference += (overlay.removesAt(ref) ? 0 : 1) - (there ? 1 : 0)
    }
    return difference
  }
}

class QueryCollector implements RangeCollector {
  readonly #accumulator: Accumulator

  constructor(accumulator: Accumulator) {
    this.#accumulator = accumulator
  }

  get steps(): number {
    return this.#accumulator.steps
  }

  get bytes(): number {
    return this.#accumulator.bytes
  }

  add(key: Uint8Array, record: DecodedRecord): boolean | GatewayError {
    return this.#accumulator.add(key, record) ?? !this.#accumulator.done
  }

  finish(): Answer {
    return { kind: 'query', partial: this.#accumulator.partial(), positions: noPositions }
  }
}

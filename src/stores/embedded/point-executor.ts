import { GatewayError } from '../../errors.ts'
import type { BatchBody, PointBody } from '../../operation/body.ts'
import type { Handler, Operation } from '../../operation/operation.ts'
import type { BatchReply, RecordReply } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'
import { evaluateAtomicBatch, evaluatePoint, type PointResult } from './evaluate/batch.ts'
import type { Evaluation } from './evaluate/evaluation.ts'
import type { ModifyLimits } from './evaluate/modify.ts'
import { inProgress, type Outcomes, type Recalled } from './evaluate/outcome.ts'
import { noPositions } from './evaluate/written.ts'
import { type Answer, handOut, type PendingReplies } from './pending-replies.ts'

/** The shard's committed position, as reply positions. */
export interface PositionSource {
  positions(): readonly Position[]
}

/** Executes operations on single keys and batches of them, one after the other, against the newest state of a shard. */
export class PointExecutor {
  readonly #evaluation: Evaluation
  readonly #pending: PendingReplies
  readonly #outcomes: Outcomes
  readonly #limits: ModifyLimits
  readonly #source: PositionSource
  /** Reused for reads that answer at once. */
  readonly #reply: { kind: 'record'; record: RecordReply['record']; positions: readonly Position[] }

  constructor(
    evaluation: Evaluation,
    pending: PendingReplies,
    outcomes: Outcomes,
    limits: ModifyLimits,
    source: PositionSource,
  ) {
    this.#evaluation = evaluation
    this.#pending = pending
    this.#outcomes = outcomes
    this.#limits = limits
    this.#source = source
    this.#reply = { kind: 'record', record: undefined, positions: noPositions }
  }

  get(key: Uint8Array, operation: Operation, handler: Handler): void {
    const evaluation = this.#evaluation
    evaluation.begin()
    const record = evaluation.look(key)
    const dependsOn = evaluation.finish()
    if (dependsOn > evaluation.workspace.durableIndex) {
      this.#pending.push(dependsOn, operation, handler, {
        kind: 'record',
        record: record?.copy(),
        positions: noPositions,
      })
      return
    }
    const reply = this.#reply
    reply.record = record
    reply.positions = this.#source.positions()
    handler.onReply(operation, reply)
  }

  /** A single put, delete or modification. */
  write(body: PointBody, operation: Operation, handler: Handler): void {
    const evaluation = this.#evaluation
    evaluation.begin()
    evaluation.writes = true
    const { idempotency } = operation
    if (idempotency !== undefined) {
      const recalled = this.#outcomes.recall(evaluation, idempotency)
      if (recalled !== undefined) return this.#repeat(recalled, [body], operation, handler)
    }
    const result = evaluatePoint(evaluation, body, this.#limits)
    if (
      idempotency !== undefined &&
      evaluation.hasEffects &&
      !(result instanceof GatewayError) &&
      result.kind === 'written'
    ) {
      this.#outcomes.remember(evaluation, idempotency, [result], false)
    }
    this.#answer(evaluation.finish(), operation, handler, result as Answer)
  }

  batch(body: BatchBody, operation: Operation, handler: Handler): void {
    const evaluation = this.#evaluation
    evaluation.begin()
    evaluation.atOnce()
    evaluation.writes = true
    const { idempotency } = operation
    if (idempotency !== undefined) {
      const recalled = this.#outcomes.recall(evaluation, idempotency)
      if (recalled !== undefined) return this.#repeat(recalled, body.operations, operation, handler)
    }
    if (body.atomic) return this.#atomicBatch(body, operation, handler)
    const results = body.operations.map((each) => evaluatePoint(evaluation, each, this.#limits))
    this.#finishBatch(results, operation, handler)
  }

  #atomicBatch(body: BatchBody, operation: Operation, handler: Handler): void {
    const evaluation = this.#evaluation
    const outcome = evaluateAtomicBatch(evaluation, body, this.#limits)
    if (outcome.kind === 'done') return this.#finishBatch(outcome.results, operation, handler)
    const answer: Answer = outcome.kind === 'failed' ? outcome.error : batchReply([], true)
    this.#answer(evaluation.finish(), operation, handler, answer)
  }

  #finishBatch(results: readonly PointResult[], operation: Operation, handler: Handler): void {
    const evaluation = this.#evaluation
    const { idempotency } = operation
    if (idempotency !== undefined && evaluation.hasEffects) {
      this.#outcomes.remember(evaluation, idempotency, results, true)
    }
    this.#answer(evaluation.finish(), operation, handler, batchReply(results, false))
  }

  #repeat(
    recalled: Recalled | GatewayError,
    bodies: readonly PointBody[],
    operation: Operation,
    handler: Handler,
  ): void {
    const evaluation = this.#evaluation
    if (recalled === inProgress) return handler.onError(operation, inProgress)
    if (recalled instanceof GatewayError) return this.#answer(evaluation.finish(), operation, handler, recalled)
    const results = recalled.results.map(
      (result, place) => result ?? evaluatePoint(evaluation, bodies[place]!, this.#limits),
    )
    const answer = recalled.batch ? { ...batchReply(results, false), replayed: true } : results[0]!
    this.#answer(evaluation.finish(), operation, handler, answer as Answer)
  }

  #answer(dependsOn: number, operation: Operation, handler: Handler, answer: Answer): void {
    if (dependsOn > this.#evaluation.workspace.durableIndex) this.#pending.push(dependsOn, operation, handler, answer)
    else handOut(answer, operation, handler, this.#source.positions())
  }
}

type OwnBatchReply = BatchReply & { positions: readonly Position[] }

function batchReply(results: readonly PointResult[], watchFailed: boolean): OwnBatchReply {
  return { kind: 'batch', results, watchFailed, replayed: false, positions: noPositions }
}

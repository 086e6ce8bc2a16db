import { GatewayError } from '../../../errors.ts'
import type { BatchBody, PointBody, Watch } from '../../../operation/body.ts'
import { sameVersion } from '../../../operation/record.ts'
import type { RecordReply } from '../../../operation/reply.ts'
import type { Evaluation } from './evaluation.ts'
import { evaluateModify, type ModifyLimits } from './modify.ts'
import { evaluateDelete, evaluatePut } from './put.ts'
import { noPositions, type Written } from './written.ts'

export type PointResult = Written | RecordReply | GatewayError

export type BatchOutcome =
  | { readonly kind: 'done'; readonly results: readonly PointResult[] }
  | { readonly kind: 'watch-failed' }
  | { readonly kind: 'failed'; readonly error: GatewayError }

export function evaluatePoint(evaluation: Evaluation, body: PointBody, limits: ModifyLimits): PointResult {
  switch (body.kind) {
    case 'get':
      return evaluateGet(evaluation, body.key)
    case 'put':
      return evaluatePut(evaluation, body)
    case 'delete':
      return evaluateDelete(evaluation, body)
    case 'modify':
      return evaluateModify(evaluation, body, limits)
  }
}

function evaluateGet(evaluation: Evaluation, key: Uint8Array): RecordReply | GatewayError {
  // To look at large records that cannot be answered any more took most of the time of such a batch.
  if (evaluation.isOverfull) return evaluation.keepRefusal
  const found = evaluation.look(key)
  const record = found === undefined ? undefined : evaluation.keep(found)
  if (found !== undefined && record === undefined) return evaluation.keepRefusal
  return { kind: 'record', record, positions: noPositions }
}

/**
 * Evaluates an atomic batch into the entry being built: each operation sees what those before it did. With
 * `abortOnFailure` the first failing operation takes everything back.
 */
export function evaluateAtomicBatch(evaluation: Evaluation, body: BatchBody, limits: ModifyLimits): BatchOutcome {
  // Before the first look-up: that may already delete an expired record.
  evaluation.workspace.undoable = body.abortOnFailure
  if (!watchesHold(evaluation, body.watches ?? [])) return { kind: 'watch-failed' }
  const results: PointResult[] = []
  for (const [place, operation] of body.operations.entries()) {
    const result = evaluatePoint(evaluation, operation, limits)
    if (body.abortOnFailure && isFailure(result)) {
      evaluation.abandon()
      return { kind: 'failed', error: placed(result, place) }
    }
    results.push(result)
  }
  return { kind: 'done', results }
}

function isFailure(result: PointResult): result is GatewayError {
  return result instanceof GatewayError
}

function placed(error: GatewayError, place: number): GatewayError {
  const { code, detail, reason, retryAfterMs } = error
  return new GatewayError(code, `Operation ${place} of the batch: ${detail}`, {
    outcome: 'not-applied',
    ...(reason === undefined ? {} : { reason }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function watchesHold(evaluation: Evaluation, watches: readonly Watch[]): boolean {
  return watches.every(({ key, version }) => {
    const record = evaluation.look(key)
    return record === undefined || version === undefined ? record === version : sameVersion(record, version)
  })
}

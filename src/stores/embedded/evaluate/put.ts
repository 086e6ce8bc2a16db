import { GatewayError } from '../../../errors.ts'
import type { DeleteBody, PutBody } from '../../../operation/body.ts'
import { clearExpiry } from '../../../operation/body.ts'
import { bucketOf } from '../../../operation/bucket.ts'
import { holds } from '../../../operation/condition.ts'
import { tombstoneKey } from '../system-keys.ts'
import type { Evaluation } from './evaluation.ts'
import { type Written, written } from './written.ts'

const preconditionFailed = new GatewayError(
  'precondition-failed',
  'The record is not in the state the condition asks for.',
  {
    outcome: 'not-applied',
  },
)

const leaseEnded = new GatewayError('lease-not-found', 'The lease has ended.', { outcome: 'not-applied' })

/** A blind put needs no look-up where nothing of the old record matters to the reply or to the expiry index. */
function isBlind(evaluation: Evaluation, body: PutBody): boolean {
  return body.blind === true && !evaluation.mayExpire && body.expiry === clearExpiry && body.condition === undefined
}

export function evaluatePut(evaluation: Evaluation, body: PutBody): Written | GatewayError {
  const { key } = body
  const bucket = bucketOf(key)
  if (body.lease !== 0 && evaluation.lookSystem(tombstoneKey(body.lease)) !== undefined) return leaseEnded
  const blind = isBlind(evaluation, body) && body.returnPrevious !== true
  if (blind) evaluation.lookAway()
  const current = blind ? undefined : evaluation.look(key)
  const wanted = body.returnPrevious === true ? current : undefined
  const previous = wanted === undefined ? undefined : evaluation.keep(wanted)
  if (wanted !== undefined && previous === undefined) return evaluation.keepRefusal.withOutcome('not-applied')
  if (!holds(body.condition, current)) {
    if (body.softCondition !== true) return preconditionFailed
    return written('refused', bucket, previous === undefined ? {} : { previous })
  }
  const status = blind || current !== undefined ? 'replaced' : 'created'
  const expiresAtMs = evaluation.expiryAt(body.expiry, current)
  const record = { bucket, expiresAtMs, lease: body.lease, contentType: body.contentType }
  const sub = evaluation.write(key, record, body.value)
  const version = { epoch: evaluation.workspace.epoch, index: evaluation.workspace.nextIndex, sub }
  return written(status, bucket, previous === undefined ? { version } : { version, previous })
}

export function evaluateDelete(evaluation: Evaluation, body: DeleteBody): Written | GatewayError {
  const bucket = bucketOf(body.key)
  const current = evaluation.look(body.key)
  if (!holds(body.condition, current)) return preconditionFailed
  if (current === undefined) return written('absent', bucket)
  const previous = body.returnPrevious === true ? evaluation.keep(current) : undefined
  if (body.returnPrevious === true && previous === undefined) {
    return evaluation.keepRefusal.withOutcome('not-applied')
  }
  evaluation.erase(body.key)
  return written('deleted', bucket, previous === undefined ? {} : { previous })
}

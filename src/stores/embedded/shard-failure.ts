import { GatewayError } from '../../errors.ts'
import type { Intent } from '../../operation/body.ts'

/** What a shard that has failed answers from then on. */
export interface FailureAnswers {
  /** To what comes later, none of which is begun. */
  readonly refused: Readonly<Record<Intent, GatewayError>>
  /** To what waited for the disk: a write may have reached it. */
  readonly unsure: Readonly<Record<Intent, GatewayError>>
}

/** To work that was under way when something threw. */
export const stoppedMidway = new GatewayError(
  'store-failed',
  'The shard stopped after an error before this was done; see the log of the node.',
)

export function failureAnswers(error: Error): FailureAnswers {
  const stopped = `The shard stopped after ${causeOf(error)}`
  const failed = new GatewayError('store-failed', `${stopped}; see the log of the node.`)
  const lost = new GatewayError('store-failed', `${stopped}, before what this answer depends on was durable.`)
  return {
    refused: { read: failed, write: failed.withOutcome('not-applied') },
    unsure: { read: lost, write: lost.withOutcome('unknown') },
  }
}

/**
 * What stopped a shard, as clients and probes may know it: the system's own name where a call of the system failed (a
 * disk that is full or broken), no guess where it was something else (an engine, a defect); the log has the error itself.
 */
export function causeOf(error: Error): string {
  const { code, errno } = error as NodeJS.ErrnoException
  return typeof code === 'string' && typeof errno === 'number' ? `a system error (${code})` : 'an error'
}

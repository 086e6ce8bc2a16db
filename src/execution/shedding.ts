import { GatewayError, type ShedReason } from '../errors.ts'
import type { Random } from '../runtime/random.ts'

/** Spread, so that those who were refused together do not come back together. */
const retryAfterMs = { least: 1_000, spread: 2_000 }

/** The refusal of a request that was not sent to a store. */
export function shed(reason: ShedReason, write: boolean, random: Random): GatewayError {
  return new GatewayError('overloaded', details[reason], {
    reason,
    retryAfterMs: retryAfterMs.least + random.integer(retryAfterMs.spread),
    ...(write ? { outcome: 'not-applied' } : {}),
  })
}

const details: Readonly<Record<ShedReason, string>> = {
  connections: 'There are too many connections; use those that are open, or come back later',
  rate: 'The client is over its rate; come back later',
  'queue-full': 'Too many requests wait for this shard already; come back later',
  'queue-age': 'The request waited too long for its turn; come back later',
  scans: 'Too many scans and queries are running and waiting already; come back later, or ask one after the other',
  backlog: 'The shard has more writes accepted than it can apply; it takes no more until it has caught up',
  'idempotency-full': 'Too many idempotency keys are remembered already; come back when some have expired',
  'leases-full': 'There are too many leases; come back when some have ended, or attach more keys to one',
  draining: 'This gateway is about to stop; ask another',
}

const readTooLate = new GatewayError('deadline', 'The deadline passed before the answer was there')
const writeTooLate = new GatewayError('deadline', 'The deadline passed before the request was sent to the store', {
  outcome: 'not-applied',
})
const writeUnanswered = new GatewayError(
  'deadline',
  'The deadline passed before the store answered; it may still apply the write',
  { outcome: 'unknown' },
)
const readGone = new GatewayError('abandoned', 'The client ended its side while the request waited for its turn')
const writeGone = readGone.withOutcome('not-applied')

const readBroken = new GatewayError('store-failed', 'The store failed at this and has stopped; see the log of the node')
const writeBroken = readBroken.withOutcome('unknown')

/** The store threw instead of answering. */
export function brokenOff(write: boolean): GatewayError {
  return write ? writeBroken : readBroken
}

/** The deadline passed before the request was sent. */
export function tooLate(write: boolean): GatewayError {
  return write ? writeTooLate : readTooLate
}

/** The deadline passed while the store was at it. */
export function unanswered(write: boolean): GatewayError {
  return write ? writeUnanswered : readTooLate
}

/** Nobody waits for the answer any more, and nothing was sent. */
export function abandoned(write: boolean): GatewayError {
  return write ? writeGone : readGone
}

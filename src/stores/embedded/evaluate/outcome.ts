import { GatewayError } from '../../../errors.ts'
import type { Idempotency } from '../../../operation/operation.ts'
import type { RecordReply, WriteReply } from '../../../operation/reply.ts'
import { expiryKey, expiryKind, outcomeKey } from '../system-keys.ts'
import type { Evaluation } from './evaluation.ts'
import { decodeOutcome, encodeOutcome, endOfOutcome, type StoredAnswer } from './outcome-codec.ts'
import { type Written, written } from './written.ts'

const mismatch = new GatewayError('idempotency-mismatch', 'This Idempotency-Key was used with a different request.', {
  outcome: 'not-applied',
})
/** Answered at once: the first request is not durable yet, and this answer does not depend on it. */
export const inProgress = new GatewayError(
  'in-progress',
  'The first request with this Idempotency-Key is still running.',
  {
    outcome: 'unknown',
    retryAfterMs: 100,
  },
)
const full = new GatewayError('overloaded', 'Too many Idempotency-Keys are remembered; try again later.', {
  reason: 'idempotency-full',
  retryAfterMs: 1000,
  outcome: 'not-applied',
})

export interface OutcomeSettings {
  /** How long an outcome is remembered. */
  readonly ttlMs: number
  /** Outcomes remembered at most, per shard. */
  readonly maxEntries: number
}

/** What an outcome may take on average. One of a single write takes a third of it, one of a large batch several times. */
const bytesPerEntry = 640
/** Beside key and value: the entry in the expiry index, and what an engine needs for both, about. */
const keptBytes = 100

/** The answers of the first request; undefined in the place of a read. */
export interface Recalled {
  readonly batch: boolean
  readonly results: readonly (Written | GatewayError | undefined)[]
}

/** Remembers the answers of writes that carry an Idempotency-Key, in the same log entry as their effects (R14). */
export class Outcomes {
  readonly #settings: OutcomeSettings
  /** Outcomes stored now; counted from the engine when the shard opens. */
  count = 0
  /** What they take, about. */
  bytes = 0

  constructor(settings: OutcomeSettings) {
    this.#settings = settings
  }

  /** The answer of an earlier request under the same key, an error that forbids this one, or undefined: go ahead. */
  recall(evaluation: Evaluation, idempotency: Idempotency): Recalled | GatewayError | undefined {
    const value = evaluation.lookSystem(outcomeKey(idempotency.scope))
    const writtenAt = evaluation.workspace.foundIndex
    const stored = value === undefined ? undefined : decodeOutcome(value)
    if (stored === undefined || stored.endsAtMs <= evaluation.nowMs) {
      return this.#isFull ? full : undefined
    }
    if (Buffer.compare(stored.fingerprint, idempotency.fingerprint) !== 0) return mismatch
    if (writtenAt > evaluation.workspace.durableIndex) return inProgress
    return { batch: stored.batch, results: stored.results.map(restore) }
  }

  /** When a stored outcome is forgotten, wall-clock milliseconds. */
  endsAt(value: Uint8Array): number {
    return endOfOutcome(value)
  }

  /** An outcome is stored. */
  added(value: Uint8Array): void {
    this.count += 1
    this.bytes += keptBytes + value.length
  }

  /** A stored outcome is deleted, or about to be replaced. */
  removed(value: Uint8Array): void {
    this.count -= 1
    this.bytes -= keptBytes + value.length
  }

  /** Adds the outcome to the entry being built. */
  remember(
    evaluation: Evaluation,
    idempotency: Idempotency,
    answers: readonly (WriteReply | RecordReply | GatewayError)[],
    batch: boolean,
  ): void {
    const key = outcomeKey(idempotency.scope)
    const previous = evaluation.lookSystem(key)
    const endsAtMs = evaluation.timeAfter(this.#settings.ttlMs)
    if (previous !== undefined) {
      this.removed(previous)
      evaluation.eraseSystem(expiryKey(endOfOutcome(previous), expiryKind.outcome, key))
    }
    const { fingerprint } = idempotency
    const value = encodeOutcome({ fingerprint, endsAtMs, batch, results: answers.map(keep) })
    this.added(value)
    evaluation.writeSystem(key, value, endsAtMs, expiryKind.outcome)
  }

  get #isFull(): boolean {
    const { maxEntries } = this.#settings
    return this.count >= maxEntries || this.bytes >= maxEntries * bytesPerEntry
  }
}

function keep(answer: WriteReply | RecordReply | GatewayError): StoredAnswer {
  if (answer instanceof GatewayError) return { error: answer.code, detail: answer.detail }
  if (answer.kind === 'record') return null
  const { status, bucket, version } = answer
  return { status, bucket, version }
}

function restore(result: StoredAnswer): Written | GatewayError | undefined {
  if (result === null) return undefined
  if ('error' in result) return new GatewayError(result.error, result.detail, { outcome: 'not-applied' })
  const { status, bucket, version } = result
  return { ...written(status, bucket, version === undefined ? {} : { version }), replayed: true }
}

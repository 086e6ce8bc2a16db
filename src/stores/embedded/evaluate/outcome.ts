import { GatewayError } from '../../../errors.ts'
import type { Idempotency } from '../../../operation/operation.ts'
import type { Version } from '../../../operation/record.ts'
import type { RecordReply, WriteReply } from '../../../operation/reply.ts'
import { expiryKey, expiryKind, outcomeKey } from '../system-keys.ts'
import type { Evaluation } from './evaluation.ts'
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

/** The part of a write's answer that a repeat gets again. */
interface StoredResult {
  readonly status: WriteReply['status']
  readonly bucket: number
  readonly version: readonly [number, number, number] | undefined
}

/** `null` stands for a read: a repeat reads again. */
type StoredAnswer = StoredResult | { readonly error: GatewayError['code']; readonly detail: string } | null

interface StoredOutcome {
  readonly fingerprint: string
  readonly endsAtMs: number
  readonly batch: boolean
  readonly results: readonly StoredAnswer[]
}

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

  constructor(settings: OutcomeSettings) {
    this.#settings = settings
  }

  /** The answer of an earlier request under the same key, an error that forbids this one, or undefined: go ahead. */
  recall(evaluation: Evaluation, idempotency: Idempotency): Recalled | GatewayError | undefined {
    const value = evaluation.lookSystem(outcomeKey(idempotency.scope))
    const writtenAt = evaluation.workspace.foundIndex
    const stored = value === undefined ? undefined : decode(value)
    if (stored === undefined || stored.endsAtMs <= evaluation.nowMs) {
      return this.count >= this.#settings.maxEntries ? full : undefined
    }
    if (stored.fingerprint !== Buffer.from(idempotency.fingerprint).toString('base64')) return mismatch
    if (writtenAt > evaluation.workspace.durableIndex) return inProgress
    return { batch: stored.batch, results: stored.results.map(restore) }
  }

  /** When a stored outcome is forgotten, wall-clock milliseconds. */
  endsAt(value: Uint8Array): number {
    return decode(value).endsAtMs
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
    if (previous === undefined) this.count += 1
    else evaluation.eraseSystem(expiryKey(decode(previous).endsAtMs, expiryKind.outcome, key))
    const outcome: StoredOutcome = {
      fingerprint: Buffer.from(idempotency.fingerprint).toString('base64'),
      endsAtMs,
      batch,
      results: answers.map(keep),
    }
    evaluation.writeSystem(key, Buffer.from(JSON.stringify(outcome)), endsAtMs, expiryKind.outcome)
  }
}

function decode(value: Uint8Array): StoredOutcome {
  return JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()) as StoredOutcome
}

function keep(answer: WriteReply | RecordReply | GatewayError): StoredAnswer {
  if (answer instanceof GatewayError) return { error: answer.code, detail: answer.detail }
  if (answer.kind === 'record') return null
  const { status, bucket, version } = answer
  return { status, bucket, version: version === undefined ? undefined : [version.epoch, version.index, version.sub] }
}

function restore(result: StoredAnswer): Written | GatewayError | undefined {
  if (result === null) return undefined
  if ('error' in result) return new GatewayError(result.error, result.detail, { outcome: 'not-applied' })
  const { version } = result
  const parts: { version?: Version } =
    version === undefined ? {} : { version: { epoch: version[0], index: version[1], sub: version[2] } }
  return { ...written(result.status, result.bucket, parts), replayed: true }
}

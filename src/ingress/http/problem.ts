import type { GatewayError, Outcome } from '../../errors.ts'
import type { Random } from '../../runtime/random.ts'
import type { Exchange } from './exchange.ts'

/** How the request that failed bears on the problem: writes have an outcome. */
export interface ProblemScene {
  readonly write: boolean
  /** It named an Idempotency-Key. */
  readonly repeatable: boolean
}

/** The problem document of an error (RFC 9457), as JSON text. */
export function problemJson(error: GatewayError, scene: ProblemScene): string {
  const { spec } = error
  const outcome = scene.write ? outcomeOf(error) : undefined
  return JSON.stringify({
    type: `urn:headgate:error:${error.code}`,
    title: spec.title,
    status: spec.status,
    detail: error.detail,
    code: error.code,
    retryable: outcome === 'unknown' ? scene.repeatable : spec.retryable,
    outcome,
    reason: error.reason,
  })
}

/** What is not said is unknown, unless the client itself is at fault: then nothing was begun. */
function outcomeOf(error: GatewayError): Outcome {
  return error.outcome ?? (error.spec.source === 'client' || error.code === 'overloaded' ? 'not-applied' : 'unknown')
}

/**
 * Whole seconds for `Retry-After`: the time the error names, if it does, and a random addition, so that the clients
 * that were turned away together do not come back together.
 */
export function retryAfterSeconds(error: GatewayError, random: Random): number {
  if (error.retryAfterMs === undefined) return 1 + random.integer(3)
  const seconds = Math.max(1, Math.ceil(error.retryAfterMs / 1000))
  return seconds + random.integer(2 + Math.floor(seconds / 4))
}

/** Answers an exchange with a problem. */
export function writeProblem(exchange: Exchange, error: GatewayError): void {
  const { context, call } = exchange
  const { status } = error.spec
  const text = problemJson(error, { write: call.role === 'write', repeatable: exchange.repeatable })
  const json = Buffer.from(`${text}\n`)
  const outbox = exchange.open()
  const { heads } = context
  heads.begin(outbox, status, exchange.closes)
  heads.positions(exchange.positions)
  if (exchange.bucket !== 0) heads.bucket(exchange.bucket)
  heads.contentType('application/problem+json')
  heads.contentLength(json.length)
  if (status === 401) heads.line('WWW-Authenticate', 'Bearer')
  if (status === 405) heads.line('Allow', exchange.allow)
  if (status === 429 || status === 503) {
    heads.line('Retry-After', String(retryAfterSeconds(error, context.runtime.random)))
  }
  if (exchange.replayed) heads.line('Headgate-Replayed', 'true')
  heads.end()
  if (!exchange.headOnly) outbox.owned(json)
  exchange.complete(status, error)
}

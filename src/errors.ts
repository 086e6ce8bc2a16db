/**
 * The closed list of what can go wrong. `docs/errors.md` holds one row for each code and a test compares the two.
 *
 * - `status`: HTTP status of the problem document.
 * - `source`: who has to change something: the client, the gateway (limits, configuration, draining) or the store.
 * - `retryable`: sending the identical request again is safe and may succeed. A write whose outcome is unknown is
 *   retryable only with an Idempotency-Key, whatever this says.
 */
export interface ErrorSpec {
  readonly status: number
  readonly source: 'client' | 'gateway' | 'store'
  readonly retryable: boolean
  readonly title: string
}

export const errorTable = {
  malformed: { status: 400, source: 'client', retryable: false, title: 'The request is malformed' },
  'bad-key': { status: 400, source: 'client', retryable: false, title: 'The key is not valid' },
  'bad-cursor': { status: 400, source: 'client', retryable: false, title: 'The cursor is not valid for this request' },
  'bad-token': { status: 400, source: 'client', retryable: false, title: 'The consistency token is not valid' },
  'bad-parameter': { status: 400, source: 'client', retryable: false, title: 'A parameter is not valid' },
  'bad-query': { status: 400, source: 'client', retryable: false, title: 'The query is not valid' },
  'unsupported-operator': {
    status: 400,
    source: 'client',
    retryable: false,
    title: 'The query uses an unknown operator',
  },
  unauthenticated: { status: 401, source: 'client', retryable: false, title: 'A valid token is required' },
  forbidden: { status: 403, source: 'client', retryable: false, title: 'This client may not do this' },
  'not-found': { status: 404, source: 'client', retryable: false, title: 'There is no such record' },
  'lease-not-found': { status: 404, source: 'client', retryable: false, title: 'There is no such lease' },
  'route-not-found': { status: 404, source: 'client', retryable: false, title: 'There is no such resource' },
  'method-not-allowed': { status: 405, source: 'client', retryable: false, title: 'The method is not allowed here' },
  'request-timeout': { status: 408, source: 'client', retryable: true, title: 'The request took too long to arrive' },
  'cross-shard': { status: 409, source: 'client', retryable: false, title: 'An atomic operation spans shards' },
  'in-progress': { status: 409, source: 'client', retryable: true, title: 'The same request is still running' },
  'history-changed': { status: 409, source: 'store', retryable: false, title: 'The token names another history' },
  'precondition-failed': { status: 412, source: 'client', retryable: false, title: 'A precondition does not hold' },
  'too-large': { status: 413, source: 'client', retryable: false, title: 'The request is too large' },
  'uri-too-long': { status: 414, source: 'client', retryable: false, title: 'The request target is too long' },
  'expectation-failed': { status: 417, source: 'client', retryable: false, title: 'The expectation is not supported' },
  'idempotency-mismatch': {
    status: 422,
    source: 'client',
    retryable: false,
    title: 'The key was used with another body',
  },
  'result-too-large': {
    status: 422,
    source: 'gateway',
    retryable: false,
    title: 'The answer would be too large',
  },
  'not-an-integer': { status: 422, source: 'client', retryable: false, title: 'The value is not an integer' },
  'not-a-float': { status: 422, source: 'client', retryable: false, title: 'The value is not a float' },
  overflow: { status: 422, source: 'client', retryable: false, title: 'The number would overflow' },
  'nan-or-infinity': { status: 422, source: 'client', retryable: false, title: 'The number would be NaN or infinite' },
  'rate-limited': { status: 429, source: 'client', retryable: true, title: 'The client is over its rate' },
  'headers-too-large': { status: 431, source: 'client', retryable: false, title: 'The header section is too large' },
  abandoned: { status: 499, source: 'client', retryable: true, title: 'The client went away before it was answered' },
  internal: { status: 500, source: 'gateway', retryable: false, title: 'Headgate failed' },
  'store-failed': { status: 500, source: 'store', retryable: false, title: 'The store failed' },
  'not-implemented': { status: 501, source: 'client', retryable: false, title: 'This is not implemented' },
  overloaded: { status: 503, source: 'gateway', retryable: true, title: 'The request was shed' },
  unavailable: { status: 503, source: 'store', retryable: true, title: 'The shard is not available' },
  deadline: { status: 504, source: 'gateway', retryable: true, title: 'The deadline passed' },
  'http-version': { status: 505, source: 'client', retryable: false, title: 'The HTTP version is not supported' },
} as const satisfies Record<string, ErrorSpec>

export type ErrorCode = keyof typeof errorTable

/** Why a request was shed (`overloaded`, `rate-limited`); also the `reason` label of `headgate_shed_total`. */
export type ShedReason =
  | 'connections'
  | 'rate'
  | 'queue-full'
  | 'queue-age'
  | 'scans'
  | 'backlog'
  | 'idempotency-full'
  | 'leases-full'
  | 'draining'

/** For a failed write: whether it was applied. A failed read has none. */
export type Outcome = 'not-applied' | 'unknown'

/**
 * What a request ends with instead of a reply. Not a JavaScript `Error`: it is a value on the hot path, and a stack
 * trace would cost more than the request.
 */
export class GatewayError {
  readonly code: ErrorCode
  /** One sentence for a person: what is wrong and what to do. Never contains values or tokens. */
  readonly detail: string
  readonly reason: ShedReason | undefined
  readonly retryAfterMs: number | undefined
  readonly outcome: Outcome | undefined

  constructor(
    code: ErrorCode,
    detail: string,
    extra: { reason?: ShedReason; retryAfterMs?: number; outcome?: Outcome } = {},
  ) {
    this.code = code
    this.detail = detail
    this.reason = extra.reason
    this.retryAfterMs = extra.retryAfterMs
    this.outcome = extra.outcome
  }

  get spec(): ErrorSpec {
    return errorTable[this.code]
  }

  /** The same error as the answer to a write with this outcome. */
  withOutcome(outcome: Outcome): GatewayError {
    const { reason, retryAfterMs } = this
    return new GatewayError(this.code, this.detail, {
      outcome,
      ...(reason === undefined ? {} : { reason }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
}

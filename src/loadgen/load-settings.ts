/** What to send where. Plain data; `headgate bench` fills it from its options. */
export interface LoadSettings {
  readonly target: LoadTarget
  /**
   * `open`: requests arrive at `ratePerSecond` whether or not earlier ones were answered, as users do.
   * `closed`: every connection keeps `pipeline` requests in flight; finds the maximum throughput, hides queueing.
   */
  readonly mode: 'open' | 'closed'
  /** Offered rate; used in `open` mode only. */
  readonly ratePerSecond: number
  readonly arrivals: 'constant' | 'poisson'
  readonly connections: number
  /** Requests in flight on one connection at most. */
  readonly pipeline: number
  /** 0..100; the rest are reads. */
  readonly writePercent: number
  /** Size of the key space: keys are `keyPrefix` and a number below this. */
  readonly keys: number
  /** Unreserved characters, `:` and `/` only, so that it stands for itself in a URL. */
  readonly keyPrefix: string
  readonly distribution: 'uniform' | 'zipf'
  readonly zipfExponent: number
  readonly valueBytes: number
  /** Measured time. */
  readonly durationMs: number
  /** Time under load before measuring. */
  readonly warmupMs: number
  /** How long after the end answers are awaited; what is missing then counts as unanswered. */
  readonly drainMs: number
  /** Requests that may wait for a free connection; arrivals beyond are counted as dropped by the generator. */
  readonly backlogLimit: number
  /** Write every key once before the load. */
  readonly preload: boolean
  /** Seeds arrivals, keys and the mix. */
  readonly seed: number
}

export interface LoadTarget {
  readonly protocol: 'http' | 'resp'
  readonly host: string
  readonly port: number
  /** RESP only: the user of AUTH; without it AUTH has one argument. */
  readonly user: string | undefined
  readonly token: string | undefined
}

/** The run could not be carried out: nobody listens, or the target refused the token. */
export class LoadFailure extends Error {
  readonly kind: 'unreachable' | 'refused'

  constructor(kind: 'unreachable' | 'refused', message: string) {
    super(message)
    this.name = 'LoadFailure'
    this.kind = kind
  }
}

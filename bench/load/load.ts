import type { RunningSystem } from '../systems/system.ts'

/** What one run of a load generator came to. */
export interface LoadOutcome {
  /** Answered for certain; a run that is cut off may have got through more. */
  readonly requests: number
  /** Answers a second. */
  readonly rate: number
  /** Milliseconds; undefined where the generator was cut off before it could say. */
  readonly latency: { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number } | undefined
  /** Reasons why the run is invalid. */
  readonly problems: readonly string[]
  /** The stretch of `performance.now()` during which there was load. */
  readonly from: number
  readonly to: number
}

export interface LoadPlan {
  readonly seconds: number
  /** Cut off at the second, at whatever count: for writes that slow down when buffers are full. */
  readonly exactTime: boolean
  /** Answers a second that the warm-up reached; undefined for the warm-up itself. */
  readonly expectedRate: number | undefined
  readonly seed: number
  /** For files the generator needs. */
  readonly folder: string
  /** Called with the process id of the generator once it runs. */
  readonly onStart: (pid: number) => void
}

/** One kind of request, sent as fast as a server answers, by connections that wait for each answer. */
export interface Load {
  /** The command line, for people. */
  readonly description: string
  readonly writes: boolean
  /** Requests in flight at most. */
  readonly inFlight: number
  /** Bytes of every right answer as the server counts them, where all are the same. */
  readonly replyBytesEach?: number
  /** Bytes each request adds to the log at least. */
  readonly durableBytesEach?: number
  run(system: RunningSystem, plan: LoadPlan): Promise<LoadOutcome>
}

export const connections = 64

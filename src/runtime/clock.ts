// The global of this name is looked up by a getter at every use.
import { performance } from 'node:perf_hooks'

/**
 * Time enters Headgate here and nowhere else (`test/tidy` bans the direct calls), so that protocols can be run in
 * virtual time.
 */
export interface Clock {
  /** Monotonic milliseconds with a fraction; comparable only within one process. Deadlines are expressed in it. */
  now(): number
  /** Wall-clock milliseconds since the Unix epoch, whole. May jump; only expiry times and dates use it. */
  wallMs(): number
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallMs: () => Date.now(),
}

import { type Clock, systemClock } from './clock.ts'
import { type Random, systemRandom } from './random.ts'
import { systemTimers, type Timers } from './timers.ts'

/** Everything non-deterministic a component may use; handed in by `assemble.ts`, replaced whole in tests. */
export interface Runtime {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
}

export const systemRuntime: Runtime = { clock: systemClock, timers: systemTimers, random: systemRandom }

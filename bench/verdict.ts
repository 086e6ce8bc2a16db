import type { Floor } from './floors.ts'
import type { Summary } from './statistics.ts'

/**
 * - `pass`, `fail`: the median against the floor.
 * - `invalid`: some round of one side broke a rule of validity, so there is nothing to judge.
 * - `unsure`: something else used the measured processor; or it would pass, but the load generator held the peer back,
 *   which flatters Headgate.
 * - `skipped`: one side did not run. `none`: no floor is set; the figure is for information.
 */
export type Verdict = 'pass' | 'fail' | 'invalid' | 'unsure' | 'skipped' | 'none'

export interface Evidence {
  readonly result: Summary | undefined
  readonly invalidRounds: number
  /** The generator, not the peer, was the bottleneck of a round. */
  readonly peerHeldBack: boolean
  /** Share of the measured processor that neither the system nor interrupts used, of the worse side. */
  readonly foreignCpu: number
}

/** Kernel threads that write to disk for the system count as others, so some of it is always there. */
const foreignMost = 0.2

export function verdictOf(
  floor: Floor | undefined,
  { result, invalidRounds, peerHeldBack, foreignCpu }: Evidence,
): Verdict {
  if (invalidRounds > 0) return 'invalid'
  if (result === undefined) return 'skipped'
  if (floor === undefined) return 'none'
  if (foreignCpu > foreignMost) return 'unsure'
  if (!holds(floor, result.median)) return 'fail'
  return peerHeldBack ? 'unsure' : 'pass'
}

/** NaN holds nowhere. */
function holds({ bound, value }: Floor, found: number): boolean {
  return bound === 'at-least' ? found >= value : found <= value
}

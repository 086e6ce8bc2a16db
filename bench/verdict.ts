import type { Floor } from './floors.ts'
import type { Summary } from './statistics.ts'

/**
 * - `pass`, `fail`: the median against the floor.
 * - `invalid`: some round of one side broke a rule of validity, so there is nothing to judge.
 * - `unsure`: something else used the measured processor; or it would pass, but the load generator held the peer back
 *   and the peer, had it been as busy as Headgate, might have done too much for that.
 * - `skipped`: one side did not run. `none`: no floor is set; the figure is for information.
 */
export type Verdict = 'pass' | 'fail' | 'invalid' | 'unsure' | 'skipped' | 'none'

export interface Evidence {
  readonly result: Summary | undefined
  readonly invalidRounds: number
  /** The generator, not the peer, was the bottleneck of a round. */
  readonly peerHeldBack: boolean
  /** The result if both had used all of their processor; undefined where that is not known. */
  readonly perCpu: number | undefined
  /** Share of the measured processor that neither the system nor the kernel used, of the worse side. */
  readonly foreignCpu: number
}

const foreignMost = 0.1

export function verdictOf(
  floor: Floor | undefined,
  { result, invalidRounds, peerHeldBack, perCpu, foreignCpu }: Evidence,
): Verdict {
  if (invalidRounds > 0) return 'invalid'
  if (result === undefined) return 'skipped'
  if (floor === undefined) return 'none'
  if (foreignCpu > foreignMost) return 'unsure'
  if (!holds(floor, result.median)) return 'fail'
  return peerHeldBack && !holds(floor, perCpu ?? Number.NaN) ? 'unsure' : 'pass'
}

/** NaN holds nowhere. */
function holds({ bound, value }: Floor, found: number): boolean {
  return bound === 'at-least' ? found >= value : found <= value
}

import type { Floor } from './floors.ts'
import type { Summary } from './statistics.ts'

/**
 * - `pass`, `fail`: the median against the floor.
 * - `invalid`: some round of one side broke a rule of validity, so there is nothing to judge.
 * - `unsure`: something else used the measured processor; or it would pass, but the load generator held the other side
 *   back and nobody knows what that side would have done with all of its processor.
 * - `skipped`: one side did not run. `none`: no floor is set; the figure is for information.
 */
export type Verdict = 'pass' | 'fail' | 'invalid' | 'unsure' | 'skipped' | 'none'

export interface Evidence {
  readonly result: Summary | undefined
  readonly invalidRounds: number
  /** In some round the generator was the bottleneck of the side whose slowness makes the result look better. */
  readonly heldBack: boolean
  /** The result if both had used all of their processor; undefined where that is not known. */
  readonly perCpu: Summary | undefined
  /** Share of the measured processor that neither the system nor the kernel used, of the worse side. */
  readonly foreignCpu: number
}

export interface Ruling {
  readonly verdict: Verdict
  /** Which of the two was held against the floor; undefined where none was. */
  readonly judgedBy: 'result' | 'perCpu' | undefined
  /**
   * Of what was judged, some round lies on the other side of the floor than the median. A side was held back: for a
   * pass the rounds of both ratios count.
   */
  readonly narrow: boolean
}

const foreignMost = 0.1

/** Where a side was held back, the worse of `result` and `perCpu` is judged; else `result`. */
export function ruleOn(floor: Floor | undefined, evidence: Evidence): Ruling {
  const { result, invalidRounds, heldBack, perCpu, foreignCpu } = evidence
  if (invalidRounds > 0) return unjudged('invalid')
  if (result === undefined) return unjudged('skipped')
  if (floor === undefined) return unjudged('none')
  if (foreignCpu > foreignMost) return unjudged('unsure')
  if (!heldBack) return judged('result', floor, [result])
  if (perCpu === undefined) return holds(floor, result.median) ? unjudged('unsure') : judged('result', floor, [result])
  return isWorse(floor, perCpu.median, result.median)
    ? judged('perCpu', floor, [perCpu, result])
    : judged('result', floor, [result, perCpu])
}

const unjudged = (verdict: Verdict): Ruling => ({ verdict, judgedBy: undefined, narrow: false })

/** Judges the first of `figures`. A pass is narrow where any of them is, a failure only where the first is. */
function judged(judgedBy: 'result' | 'perCpu', floor: Floor, figures: readonly [Summary, ...Summary[]]): Ruling {
  const passes = holds(floor, figures[0].median)
  const narrow = (passes ? figures : [figures[0]]).some(({ min, max }) =>
    [min, max].some((end) => holds(floor, end) !== passes),
  )
  return { verdict: passes ? 'pass' : 'fail', judgedBy, narrow }
}

/** NaN holds nowhere. */
function holds({ bound, value }: Floor, found: number): boolean {
  return bound === 'at-least' ? found >= value : found <= value
}

/** NaN is worse than every number. */
function isWorse({ bound }: Floor, a: number, b: number): boolean {
  if (Number.isNaN(b)) return false
  return Number.isNaN(a) || (bound === 'at-least' ? a < b : a > b)
}

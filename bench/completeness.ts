import type { Judged } from './judge.ts'
import type { CaseResult } from './rounds.ts'
import { fullScale, type Scale } from './scale.ts'

/** What a run was asked to do, and the names of all cases there are. */
export interface Extent {
  readonly quick: boolean
  readonly scale: Scale
  readonly everyCase: readonly string[]
}

/** A clause for each thing that a complete run has and this one has not: nothing for a complete one. */
export function leftOutOf({ quick, scale, everyCase }: Extent, results: readonly CaseResult[]): readonly string[] {
  const missing = everyCase.filter((name) => !results.some((result) => result.name === name))
  const skipped = results.flatMap(({ name, contenders }) =>
    contenders.flatMap((each) => (each.skipped === undefined ? [] : [`${name} without ${each.name}: ${each.skipped}`])),
  )
  return [
    ...(quick ? ['it was a quick run'] : []),
    ...(scale.rounds < fullScale.rounds ? [`${scale.rounds} of ${fullScale.rounds} rounds`] : []),
    ...(missing.length === 0 ? [] : [`no ${missing.join(', ')}`]),
    ...skipped,
  ]
}

export const exitFailed = 1

/**
 * A quick run says that everything works; only one in full may say that something is too slow, and it must have looked
 * at every floor of its cases.
 */
export function exitCodeOf(quick: boolean, judged: readonly Pick<Judged, 'verdict' | 'floor'>[]): number {
  const bad = quick ? ['invalid'] : ['invalid', 'fail', 'unsure']
  const failed = judged.some(
    ({ verdict, floor }) => bad.includes(verdict) || (!quick && verdict === 'skipped' && floor !== undefined),
  )
  return failed ? exitFailed : 0
}

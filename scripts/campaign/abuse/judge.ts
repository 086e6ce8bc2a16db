import { type Attack, misses, type TallyReport } from './attack.ts'
import type { HonestReport } from './honest-traffic.ts'
import type { WatchReport } from './node-watch.ts'

export interface AbuseBounds {
  readonly memoryBytes: number
  /** 0..1 */
  readonly successRate: number
  readonly p99Ms: number
}

/** What a run with attacks, or none, has shown. */
export interface Seen {
  /** By the name of the attack, or `brokenOffName`. */
  readonly got: Readonly<Record<string, TallyReport>>
  readonly honest: HonestReport
  readonly node: WatchReport
}

/** In the place of an attack: the attackers did not come to an end, or failed. */
export const brokenOffName = 'broken off'

const shownProblems = 5

/** What was not as it must be, a sentence each; none: passed. */
export function failuresOf(
  { attacks, mustShow }: { readonly attacks: readonly Attack[]; readonly mustShow: boolean },
  seen: Seen,
  bounds: AbuseBounds,
): readonly string[] {
  const { got, honest, node } = seen
  const failures = attacks.flatMap((attack) => {
    const tally = got[attack.name]
    return tally === undefined ? [] : misses(attack, tally, mustShow)
  })
  if (got[brokenOffName] !== undefined) failures.push(...got[brokenOffName].problems)
  failures.push(...honest.problems.slice(0, shownProblems), ...node.problems)
  // Written so that what is no number fails.
  if (!(honest.successRate >= bounds.successRate)) {
    const why = Object.entries(honest.failures).map(([reason, count]) => `${count} ${reason}`)
    failures.push(`${(100 * honest.successRate).toFixed(1)} % of honest requests succeeded (${why.join(', ')})`)
  }
  if (!(honest.p99Ms <= bounds.p99Ms)) failures.push(`honest p99 was ${honest.p99Ms.toFixed(0)} ms`)
  if (!(node.anonymousBytes <= bounds.memoryBytes)) {
    failures.push(`anonymous memory reached ${(node.anonymousBytes / 2 ** 20).toFixed(0)} MiB`)
  }
  return failures
}

import type { Case, Comparison } from './cases/case.ts'
import type { Floor } from './floors.ts'
import type { CaseResult, ContenderResult } from './rounds.ts'
import { median, ratioOf, type Summary, summarize } from './statistics.ts'
import { type Verdict, verdictOf } from './verdict.ts'

export interface Judged {
  /** `case/comparison`. */
  readonly name: string
  readonly figure: string
  readonly of: string
  readonly over: string | undefined
  readonly result: Summary | undefined
  /** The same ratio of what a second of the processor is good for; undefined where that says nothing. */
  readonly perCpu: number | undefined
  readonly floor: Floor | undefined
  readonly verdict: Verdict
}

/** Every comparison of a case against its floor. */
export function judge(each: Case, result: CaseResult, floors: readonly Floor[]): readonly Judged[] {
  return each.comparisons.map((comparison) => judgeOne(`${each.name}/${comparison.name}`, comparison, result, floors))
}

function judgeOne(
  name: string,
  { figure, of, over }: Comparison,
  { contenders }: CaseResult,
  floors: readonly Floor[],
): Judged {
  const find = (wanted: string): ContenderResult | undefined => contenders.find((each) => each.name === wanted)
  const [mine, theirs] = [find(of), over === undefined ? undefined : find(over)]
  const sides = [mine, ...(over === undefined ? [] : [theirs])]
  const floor = floors.find((each) => each.of === name)
  const result = resultOf(figure, sides)
  const perCpu = figure === 'rate' ? resultOf('perCpuSecond', sides)?.median : undefined
  const verdict = verdictOf(floor, {
    result,
    invalidRounds: sides.reduce((sum, side) => sum + invalidRounds(side, figure), 0),
    peerHeldBack: theirs?.rounds.some(({ heldBack }) => heldBack) ?? false,
    perCpu,
    foreignCpu: Math.max(0, ...sides.map(foreignCpu)),
  })
  return { name, figure, of, over, result, perCpu, floor, verdict }
}

function foreignCpu(side: ContenderResult | undefined): number {
  const values = valuesOf(side, 'foreignCpu')
  return values.length === 0 ? 0 : median(values)
}

function resultOf(figure: string, sides: readonly (ContenderResult | undefined)[]): Summary | undefined {
  const values = sides.map((side) => valuesOf(side, figure))
  if (values.some(({ length }) => length === 0)) return undefined
  const [of, over] = values
  return over === undefined ? summarize(of!) : ratioOf(of!, over)
}

/** A figure in the valid rounds. */
export function valuesOf(side: ContenderResult | undefined, figure: string): readonly number[] {
  const valid = side?.rounds.filter(({ problems }) => problems.length === 0) ?? []
  return valid.flatMap(({ figures }) => figures[figure] ?? [])
}

function invalidRounds(side: ContenderResult | undefined, figure: string): number {
  if (side === undefined) return 0
  return side.rounds.filter(({ problems, figures }) => problems.length > 0 || figures[figure] === undefined).length
}

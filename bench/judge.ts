import type { Case, Comparison, Round } from './cases/case.ts'
import type { Floor } from './floors.ts'
import type { CaseResult, ContenderResult } from './rounds.ts'
import { median, ratioOf, type Summary, summarize } from './statistics.ts'
import { type Ruling, ruleOn } from './verdict.ts'

export interface Judged extends Ruling {
  /** `case/comparison`. */
  readonly name: string
  readonly figure: string
  readonly of: string
  readonly over: string | undefined
  readonly result: Summary | undefined
  /** The same ratio of what a second of the processor is good for; undefined where that says nothing. */
  readonly perCpu: Summary | undefined
  readonly floor: Floor | undefined
}

/** The figure that is the same work for each second of the processor. */
const perCpuOf: Readonly<Record<string, string>> = { rate: 'perCpuSecond', secondHalfRate: 'secondHalfPerCpuSecond' }

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
  const perCpu = figure in perCpuOf ? resultOf(perCpuOf[figure]!, sides) : undefined
  const flattered = floor?.bound === 'at-most' ? mine : theirs
  const ruling = ruleOn(floor, {
    result,
    invalidRounds: sides.reduce((sum, side) => sum + invalidRounds(side, figure), 0),
    heldBack: over !== undefined && (flattered?.rounds.some(({ heldBack }) => heldBack) ?? false),
    perCpu,
    foreignCpu: Math.max(0, ...sides.map(foreignCpu)),
  })
  return { name, figure, of, over, result, perCpu, floor, ...ruling }
}

function foreignCpu(side: ContenderResult | undefined): number {
  const values = valuesOf(side, 'foreignCpu')
  return values.length === 0 ? 0 : median(values)
}

function resultOf(figure: string, sides: readonly (ContenderResult | undefined)[]): Summary | undefined {
  const [of, over] = sides
  if (sides.length === 1) {
    const values = valuesOf(of, figure)
    return values.length === 0 ? undefined : summarize(values)
  }
  const pairs = (of?.rounds ?? []).flatMap((round, i) => {
    const [mine, theirs] = [figureOf(round, figure), figureOf(over?.rounds[i], figure)]
    return mine === undefined || theirs === undefined ? [] : [[mine, theirs] as const]
  })
  if (pairs.length === 0) return undefined
  return ratioOf(
    pairs.map(([mine]) => mine),
    pairs.map(([, theirs]) => theirs),
  )
}

/** A figure in the valid rounds. */
export function valuesOf(side: ContenderResult | undefined, figure: string): readonly number[] {
  return side?.rounds.flatMap((round) => figureOf(round, figure) ?? []) ?? []
}

function figureOf(round: Round | undefined, figure: string): number | undefined {
  return round?.problems.length === 0 ? round.figures[figure] : undefined
}

function invalidRounds(side: ContenderResult | undefined, figure: string): number {
  if (side === undefined) return 0
  return side.rounds.filter(({ problems, figures }) => problems.length > 0 || figures[figure] === undefined).length
}

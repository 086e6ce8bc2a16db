import type { Floor } from '../floors.ts'
import type { Judged } from '../judge.ts'
import { valuesOf } from '../judge.ts'
import type { CaseResult, ContenderResult } from '../rounds.ts'
import { type Summary, summarize } from '../statistics.ts'

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

export const ratioHead = ['comparison', 'result', 'spread', 'per CPU', 'its spread', 'floor', 'judged by', 'verdict']

/** One row for each comparison: the result, its smallest and largest round, what it must be. */
export function ratioRows(judged: readonly Judged[]): readonly (readonly string[])[] {
  return judged.map(({ name, figure, over, result, perCpu, floor, judgedBy, verdict, narrow }) => {
    const unit = over === undefined ? unitOf(figure) : 'x'
    return [
      name,
      result === undefined ? '-' : withUnit(result.median, unit),
      spreadOf(result),
      perCpu === undefined ? '-' : `${number(perCpu.median)}x`,
      spreadOf(perCpu),
      floor === undefined ? '-' : floorText(floor),
      judgedBy === undefined ? '-' : judgedByText[judgedBy],
      verdict === 'none' ? '-' : `${verdict}${narrow ? ', narrowly' : ''}`,
    ]
  })
}

const judgedByText = { result: 'result', perCpu: 'per CPU' } as const

/** What the words in the rows of `ratioRows` mean, as far as they are there. */
export function ratioLegend(judged: readonly Judged[]): readonly string[] {
  const lines: string[] = []
  if (judged.some(({ judgedBy }) => judgedBy === 'perCpu'))
    lines.push(
      'Judged by per CPU: in at least one round the load generator was the bottleneck of the peer, so the ' +
        'worse of the two ratios is held against the floor, and that is the one per CPU.',
    )
  if (judged.some(({ narrow }) => narrow))
    lines.push(
      'Narrowly: the median decides, but the floor lies within the spread: at least one round lies on the other side ' +
        'of it (where the peer was held back, of one of the two ratios).',
    )
  return lines
}

export const rateHead = ['case, contender', 'median', 'spread', 'p50 ms', 'p99 ms', 'its CPU', 'generator', 'others']

/** One row for each contender of throughput: the rate, and who was busy. */
export function rateRows(results: readonly CaseResult[]): readonly (readonly string[])[] {
  return results.flatMap(({ name, contenders }) =>
    contenders.flatMap((contender) => {
      const rate = summaryOf(contender, 'rate')
      if (rate === undefined) return []
      const later = summaryOf(contender, 'secondHalfRate')
      const median = grouped.format(rate.median)
      return [
        [
          `${name}, ${contender.name}`,
          later === undefined ? `${median}/s` : `${median}/s (second half ${grouped.format(later.median)})`,
          `${grouped.format(rate.min)}-${grouped.format(rate.max)}`,
          cell(contender, 'p50Ms', number),
          cell(contender, 'p99Ms', number),
          cell(contender, 'systemCpu', percent),
          cell(contender, 'generatorCpu', percent),
          cell(contender, 'foreignCpu', percent),
        ],
      ]
    }),
  )
}

export const otherHead = ['case, contender', 'figure', 'median', 'spread']

/** One row for each figure of the contenders that are not about throughput. */
export function otherRows(results: readonly CaseResult[]): readonly (readonly string[])[] {
  return results.flatMap(({ name, contenders }) =>
    contenders.flatMap((contender) => {
      if (summaryOf(contender, 'rate') !== undefined) return []
      const figures = new Set(contender.rounds.flatMap((round) => Object.keys(round.figures)))
      return [...figures].flatMap((figure) => {
        const summary = summaryOf(contender, figure)
        if (summary === undefined) return []
        const spread = `${number(summary.min)}-${number(summary.max)}`
        return [[`${name}, ${contender.name}`, figure, withUnit(summary.median, unitOf(figure)), spread]]
      })
    }),
  )
}

/** What was wrong or worth knowing, one line each. */
export function notes(results: readonly CaseResult[]): readonly string[] {
  return results.flatMap(({ name, contenders }) =>
    contenders.flatMap((contender) => {
      const where = `${name}, ${contender.name}`
      if (contender.skipped !== undefined) return [`${where}: skipped, ${contender.skipped}`]
      return contender.rounds.flatMap(({ problems, heldBack }, i) => [
        ...problems.map((problem) => `${where}, round ${i + 1}: INVALID: ${problem}`),
        ...(heldBack ? [`${where}, round ${i + 1}: the load generator was the bottleneck`] : []),
      ])
    }),
  )
}

export function floorText({ bound, value, unit }: Floor): string {
  return `${bound === 'at-least' ? '>=' : '<='} ${value}${unit === 'x' ? 'x' : ` ${unit}`}`
}

function spreadOf(summary: Summary | undefined): string {
  return summary === undefined ? '-' : `${number(summary.min)}-${number(summary.max)}`
}

function summaryOf(contender: ContenderResult, figure: string): Summary | undefined {
  const values = valuesOf(contender, figure)
  return values.length === 0 ? undefined : summarize(values)
}

function cell(contender: ContenderResult, figure: string, format: (value: number) => string): string {
  const summary = summaryOf(contender, figure)
  return summary === undefined ? '-' : format(summary.median)
}

/** From the end of a figure's name. */
function unitOf(figure: string): string {
  return (
    ['MiB', 'Ms', 'Seconds']
      .find((unit) => figure.endsWith(unit))
      ?.replace('Ms', 'ms')
      .replace('Seconds', 's') ?? ''
  )
}

function withUnit(value: number, unit: string): string {
  return unit === 'x' || unit === '' ? `${number(value)}${unit}` : `${number(value)} ${unit}`
}

/** Three digits that mean something. */
export function number(value: number): string {
  const size = Math.abs(value)
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}

import { isDeepStrictEqual } from 'node:util'
import { tableLines } from '../../src/cli/table.ts'
import type { Explanation } from '../../src/routing/explanation.ts'
import type { Answer, Cell, Question } from './questions.ts'

const group = new Intl.NumberFormat('en-US', { maximumFractionDigits: 5 })
const shownRequest = 110

/** What the demo prints for one question. */
export function answerText(question: Question, answer: Answer, took: { ms: number; explanation: Explanation }): string {
  const columns = answer.columns.map((title, i) => ({
    title,
    ...(answer.rows.every((row) => typeof row[i] === 'number') ? { right: true as const } : {}),
    cell: (row: readonly Cell[]) => cellText(row[i] ?? ''),
  }))
  const { request, title } = question
  const shortened = request.length > shownRequest ? `${request.slice(0, shownRequest - 3)}...` : request
  const lines = [
    `${title}  (${took.ms.toFixed(1)} ms)`,
    `  ${shortened}`,
    `  ${explanationText(took.explanation)}`,
    '',
    ...tableLines(columns, answer.rows).map((line) => `    ${line}`),
  ]
  return `${lines.join('\n')}\n`
}

export function explanationText({ plan }: Explanation): string {
  const shards = [...new Set(plan.steps.map(({ shard }) => shard))].join(', ')
  const where = plan.steps.length === 1 ? `shard ${shards}` : `shards ${shards}, merged by "${plan.merge}"`
  return `explain: ${where}: ${plan.reason}`
}

/** Why an answer is wrong: undefined when it equals what a plain loop over the data gives. */
export function difference(answer: Answer, expected: Answer): string | undefined {
  if (isDeepStrictEqual(answer.rows, expected.rows)) return undefined
  const at = expected.rows.findIndex((row, i) => !isDeepStrictEqual(row, answer.rows[i]))
  const shown = (row: readonly Cell[] | undefined): string => (row === undefined ? 'nothing' : JSON.stringify(row))
  const place = at === -1 ? expected.rows.length : at
  return `row ${place + 1} is ${shown(answer.rows[place])}, not ${shown(expected.rows[place])}`
}

function cellText(cell: Cell): string {
  return typeof cell === 'number' ? group.format(cell) : cell
}

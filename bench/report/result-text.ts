import { notes, otherHead, otherRows, rateHead, rateRows, ratioHead, ratioLegend, ratioRows } from './figures.ts'
import type { BenchResult } from './result-file.ts'
import { markdownTable, textTable } from './text-table.ts'

type Table = (head: readonly string[], rows: readonly (readonly string[])[]) => string

/** The whole result for a terminal. */
export function reportText(result: BenchResult): string {
  return ['', ...tables(result, textTable), ...notes(result.cases), '', ...about(result)].join('\n')
}

/** The whole result as Markdown, to be read on its own. */
export function reportMarkdown(result: BenchResult): string {
  const noted = notes(result.cases).map((note) => `- ${note}`)
  return [...about(result), '', ...tables(result, markdownTable), ...(noted.length === 0 ? [] : [...noted, ''])].join(
    '\n',
  )
}

function tables({ judged, cases }: BenchResult, table: Table): readonly string[] {
  const other = otherRows(cases)
  return [
    table(ratioHead, ratioRows(judged)),
    '',
    ...ratioLegend(judged).flatMap((line) => [line, '']),
    table(rateHead, rateRows(cases)),
    '',
    ...(other.length === 0 ? [] : [table(otherHead, other), '']),
  ]
}

function about({
  startedAt,
  minutes,
  commit,
  changed,
  gateway,
  quick,
  leftOut,
  scale,
  machine,
  versions,
}: BenchResult): readonly string[] {
  const { processor, processors, memoryGiB, kernel, system, fileSystem, syncMs } = machine
  const tree = changed ? `${commit} with changes` : commit
  const full = leftOut.length === 0 ? 'A full run' : 'A run that is not complete'
  const kind = quick ? 'A quick run, whose figures mean little' : full
  return [
    `${kind}: ${startedAt}, ${minutes} minutes, commit ${tree}, ${scale.rounds} rounds of each.`,
    ...(leftOut.length === 0 ? [] : [`Not complete: ${leftOut.join('; ')}.`]),
    ...(gateway.built ? [] : [`Headgate was the given ${gateway.program}, which need not be of that commit.`]),
    `${processors} x ${processor}, ${memoryGiB} GiB, ${system}, Linux ${kernel}; data on ${fileSystem}, where one ` +
      `fdatasync of 4 KiB takes ${syncMs.toFixed(2)} ms.`,
    `${Object.entries(versions)
      .map(([program, version]) => `${program}: ${version}`)
      .join('; ')}.`,
  ]
}

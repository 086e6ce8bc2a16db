import type { BenchResult } from './result-file.ts'
import { reportMarkdown } from './result-text.ts'

const begin = '<!-- figures: begin -->'
const end = '<!-- figures: end -->'

/** The page with what stands between the two marks replaced by the figures. Throws for a quick run, or without marks. */
export function withFigures(page: string, result: BenchResult): string {
  if (result.quick) throw new Error('the figures of a quick run are not to be published')
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page has no ${begin} and ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n${reportMarkdown(result).trim()}\n\n${page.slice(to)}`
}

import type { BenchResult } from './result-file.ts'
import { reportMarkdown } from './result-text.ts'

const begin = '<!-- figures: begin -->'
const end = '<!-- figures: end -->'

/** The page with what stands between the two marks replaced by the figures. Throws if these are not to be published. */
export function withFigures(page: string, result: BenchResult): string {
  const objection = objectionTo(result)
  if (objection !== undefined) throw new Error(`these figures are not to be published: ${objection}`)
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page has no ${begin} and ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n${reportMarkdown(result).trim()}\n\n${page.slice(to)}`
}

/** Why not, and what to do about it. */
function objectionTo({ quick, leftOut, changed }: Partial<BenchResult>): string | undefined {
  const again = 'run `npm run bench` without --quick and --only'
  if (quick !== false) return `they are of a quick run; ${again}`
  if (leftOut === undefined)
    return `the file does not say whether the run was complete; ${again}, which writes one that does`
  if (leftOut.length > 0)
    return `the run was not complete (${leftOut.join('; ')}); install what is missing, and ${again}, with as many rounds as usual`
  if (changed !== false) return `the working tree differed from its commit; commit what changed, and ${again}`
  return undefined
}

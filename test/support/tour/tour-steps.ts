/** Commands of a guided tour and the answer the page shows for them. */
export interface TourStep {
  /** Line of the page on which the commands begin. */
  readonly line: number
  /** Each is pasted by itself. */
  readonly commands: readonly string[]
  /** What the page shows; undefined: nothing is said. */
  readonly answer: string | undefined
  /** JSON is shown broken into lines: white space between its tokens does not count. */
  readonly json: boolean
}

interface Fence {
  readonly line: number
  readonly language: string
  readonly lines: readonly string[]
}

const answerLanguages: ReadonlySet<string> = new Set(['text', 'json'])

/** The steps under one `## heading` of a Markdown page: every `sh` block with the `text` or `json` block behind it. */
export function stepsOf(page: string, heading: string): readonly TourStep[] {
  const steps: TourStep[] = []
  const fences = fencesOf(page, heading)
  fences.forEach(({ line, language, lines }, i) => {
    if (language !== 'sh') return
    const commands = lines.filter((text) => text !== '' && !text.startsWith('#'))
    const next = fences[i + 1]
    const answer = next !== undefined && answerLanguages.has(next.language) ? next : undefined
    steps.push({ line, commands, answer: answer?.lines.join('\n'), json: answer?.language === 'json' })
  })
  return steps
}

function fencesOf(page: string, heading: string): readonly Fence[] {
  const fences: Fence[] = []
  let inside = false
  let open: { line: number; language: string; lines: string[] } | undefined
  page.split('\n').forEach((text, i) => {
    if (open !== undefined) {
      if (text === '```') {
        if (inside) fences.push(open)
        open = undefined
      } else open.lines.push(text)
    } else if (text.startsWith('```')) open = { line: i + 2, language: text.slice(3), lines: [] }
    else if (text.startsWith('## ')) inside = text === `## ${heading}`
  })
  return fences
}

const anything = '…'

/**
 * Whether an answer is the one shown. `…` within a line stands for any text there, alone on a line for any number of
 * lines. White space at line ends and at the end does not count.
 */
export function isAnswer(actual: string, { answer = '', json }: Pick<TourStep, 'answer' | 'json'>): boolean {
  const tidy = json ? compact : tidied
  return patternOf(tidy(answer)).test(`${tidy(actual)}\n`)
}

function patternOf(text: string): RegExp {
  const lines = text.split('\n').map((line) => (line === anything ? '(?:.*\\n)*?' : `${lineOf(line)}\\n`))
  return new RegExp(`^${lines.join('')}$`)
}

function lineOf(text: string): string {
  return text
    .split(anything)
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('.*?')
}

function tidied(text: string): string {
  return `${text
    .replaceAll('\r', '')
    .replace(/[ \t]+$/gm, '')
    .trimEnd()}\n`.replace(/\n$/, '')
}

/** JSON texts without white space between tokens. */
function compact(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_all, quoted: string | undefined) => quoted ?? '')
}

/** The first cell of every row of the tables under a `## heading`, without their head lines. */
export function firstCells(page: string, heading: string): readonly string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  const lines = section.split('\n')
  return lines
    .filter((line, i) => line.startsWith('|') && !isRule(line) && !isRule(lines[i + 1] ?? ''))
    .map((line) => line.split('|')[1]!.trim())
}

function isRule(line: string): boolean {
  return /^\|[-:| ]+\|$/.test(line)
}

/** What stands in backticks. */
export function quotedIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]!)
}

/** What `documented` lacks, has too much, or has twice. */
export function differences(documented: readonly string[], known: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  const twice = documented.filter((name) => seen.size === seen.add(name).size)
  return [
    ...known.filter((name) => !seen.has(name)).map((name) => `${name} is missing`),
    ...[...seen].filter((name) => !known.includes(name)).map((name) => `${name} does not exist`),
    ...new Set(twice.map((name) => `${name} is there twice`)),
  ]
}

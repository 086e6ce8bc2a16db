import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runCommand } from './run-command.ts'

/** Least share of the lines of `src` that tests must run. */
export const lineFloor = 90

interface Share {
  readonly total: number
  readonly covered: number
  readonly pct: number
}

interface RawCoverage {
  readonly result: readonly { readonly url: string }[]
  readonly 'source-map-cache'?: Readonly<Record<string, unknown>>
}

type Summary = Readonly<Record<string, { readonly lines: Share }>>

/**
 * Turns the raw figures of a run into a report below `coverage/report` and a few lines for people. `compiled` is the
 * folder of the compiled repository. Returns whether the floor was reached; throws when nothing was measured.
 */
export async function reportCoverage(raw: string, compiled: string, print: (line: string) => void): Promise<boolean> {
  for (const name of readdirSync(raw)) keepOwnCode(join(raw, name), pathToFileURL(resolve(compiled, 'src')).href)
  const excluded = typesOnly(compiled).flatMap((path) => ['--exclude', path])
  const { ok, output } = await runCommand('node_modules/.bin/c8', [
    'report',
    ...['--temp-directory', raw, '--reports-dir', 'coverage/report'],
    ...['--exclude-after-remap', '--include', 'src/**', ...excluded, '--all', '--src', 'src'],
    ...['--reporter', 'json-summary', '--reporter', 'lcovonly', '--reporter', 'html'],
  ])
  if (!ok) throw new Error(`c8 failed:\n${output}`)
  const summary = JSON.parse(readFileSync('coverage/report/coverage-summary.json', 'utf8')) as Summary
  for (const line of coverageLines(summary)) print(line)
  return isEnough(summary)
}

/**
 * Drops everything but the program's own files: packages and tests are most of what V8 writes down. The bundle that node
 * processes run is dropped too, for lines that never ran look covered when they are found through its map.
 */
function keepOwnCode(path: string, below: string): void {
  const raw = JSON.parse(readFileSync(path, 'utf8')) as RawCoverage
  const sourceMaps = Object.entries(raw['source-map-cache'] ?? {}).filter(([url]) => url.startsWith(below))
  const result = raw.result.filter(({ url }) => url.startsWith(below))
  writeFileSync(path, JSON.stringify({ result, 'source-map-cache': Object.fromEntries(sourceMaps) }))
}

/** Sources of which nothing is left when they are compiled: no test can run their lines. */
function typesOnly(compiled: string): readonly string[] {
  const entries = readdirSync(join(compiled, 'src'), { withFileTypes: true, recursive: true })
  const files = entries.filter(({ name }) => name.endsWith('.js')).map(({ parentPath, name }) => join(parentPath, name))
  return files
    .filter((path) => isEmptyModule(readFileSync(path, 'utf8')))
    .map((path) => relative(compiled, path).replace(/\.js$/, '.ts'))
}

/** Whether compiled code holds comments and `export {}` only. */
export function isEmptyModule(code: string): boolean {
  return code.replaceAll(/\/\*.*?\*\/|^\s*\/\/.*$/gms, '').trim() === 'export {};'
}

/** Whether the floor is reached; throws when no lines were measured at all. */
export function isEnough(summary: Summary): boolean {
  const lines = summary['total']?.lines
  if (lines === undefined || lines.total === 0) throw new Error('coverage was measured on nothing')
  return lines.pct >= lineFloor
}

/** The total and the files with the most lines that no test ran. */
export function coverageLines(summary: Summary): readonly string[] {
  const { total, ...files } = summary
  const worst = Object.entries(files)
    .map(([path, { lines }]) => ({ path, ...lines, missed: lines.total - lines.covered }))
    .filter(({ missed }) => missed > 0)
    .sort((a, b) => b.missed - a.missed)
    .slice(0, 10)
  const rows = worst.map(({ path, pct, missed }) => {
    return `  ${`${pct.toFixed(1)} %`.padStart(8)}  ${String(missed).padStart(4)} lines not run  ${relative('.', path)}`
  })
  const { covered, total: all, pct } = total?.lines ?? { covered: 0, total: 0, pct: 0 }
  return [
    `line coverage of src: ${pct.toFixed(2)} % (${covered} of ${all} lines), at least ${lineFloor} % needed`,
    ...rows,
  ]
}

import { readFileSync, writeFileSync } from 'node:fs'
import { withFigures } from './published-figures.ts'
import type { BenchResult } from './result-file.ts'

const page = 'docs/performance.md'

/** `npx tsx bench/report/publish.ts bench/results/FILE.json`: puts the figures of a full run into the page. */
const [path] = process.argv.slice(2)
if (path === undefined) {
  console.error('usage: npx tsx bench/report/publish.ts bench/results/FILE.json')
  process.exit(2)
}
try {
  const result = JSON.parse(readFileSync(path, 'utf8')) as BenchResult
  writeFileSync(page, withFigures(readFileSync(page, 'utf8'), result))
  console.log(`${page} now shows ${path}`)
} catch (error) {
  console.error(`error: ${(error as Error).message}`)
  process.exitCode = 1
}

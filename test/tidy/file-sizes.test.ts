import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectCheck } from './expect-check.ts'
import { type Check, type SourceFile, typescriptOf } from './source-files.ts'

const medianLimit = 120

function lineCount({ text }: SourceFile): number {
  return text.split('\n').length - 1
}

/** The list of steps must stay a list. */
const tighter = new Map([['src/gateway.ts', 100]])

function longerThan(usual: number): Check {
  return (files) =>
    files.flatMap((file) => {
      const limit = tighter.get(file.path) ?? usual
      const count = lineCount(file)
      return count > limit ? [`${file.path} has ${count} lines, ${limit} are allowed: split it by what it does`] : []
    })
}

function medianLines(files: readonly SourceFile[]): number {
  const counts = files.map(lineCount).sort((a, b) => a - b)
  return counts[Math.floor(counts.length / 2)] ?? 0
}

const lines = (count: number): string => 'x\n'.repeat(count)

expectCheck('source files have at most 400 lines', longerThan(400), {
  files: typescriptOf('src'),
  planted: [
    { path: 'src/long.ts', text: lines(401), finds: [/^src\/long\.ts has 401 lines/] },
    { path: 'src/full.ts', text: lines(400), finds: [] },
    { path: 'src/gateway.ts', text: lines(101), finds: [/101 lines, 100 are allowed/] },
  ],
})

expectCheck('test, bench and script files have at most 600 lines', longerThan(600), {
  files: typescriptOf('test', 'bench', 'scripts'),
  planted: [{ path: 'test/long.test.ts', text: lines(601), finds: [/601 lines/] }],
})

test('the median source file has at most 120 lines', () => {
  const planted = [10, 200, 300].map((count, i) => ({ path: `src/${i}.ts`, text: lines(count) }))
  assert.equal(medianLines(planted), 200)
  const median = medianLines(typescriptOf('src'))
  assert.ok(median > 0 && median <= medianLimit, `the median is ${median}`)
})

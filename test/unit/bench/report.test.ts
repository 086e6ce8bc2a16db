import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Round } from '../../../bench/cases/case.ts'
import { sample } from '../../../bench/micro/sampling.ts'
import { notes, number, otherRows, rateRows, ratioHead, ratioLegend, ratioRows } from '../../../bench/report/figures.ts'
import { Progress } from '../../../bench/report/progress.ts'
import { withFigures } from '../../../bench/report/published-figures.ts'
import { type BenchResult, resultPath } from '../../../bench/report/result-file.ts'
import { reportMarkdown, reportText } from '../../../bench/report/result-text.ts'
import { textTable } from '../../../bench/report/text-table.ts'
import type { CaseResult } from '../../../bench/rounds.ts'
import { fullScale } from '../../../bench/scale.ts'

const round = (figures: Record<string, number>, problems: readonly string[] = []): Round => ({
  figures,
  problems,
  heldBack: false,
})

const cases: readonly CaseResult[] = [
  {
    name: 'get',
    title: 'GETs',
    contenders: [
      {
        name: 'headgate',
        system: 'headgate',
        description: 'wrk',
        skipped: undefined,
        rounds: [round({ rate: 40_123.4, p99Ms: 2.5, systemCpu: 0.99 }), round({ rate: 1 }, ['3 reads failed'])],
      },
      { name: 'nginx', system: 'nginx', description: 'wrk', skipped: 'nginx is not installed', rounds: [] },
    ],
  },
  {
    name: 'query',
    title: 'queries',
    contenders: [
      {
        name: 'headgate',
        system: 'headgate',
        description: '',
        skipped: undefined,
        rounds: [round({ growthMiB: 12.34, getP99Ms: 7 }), round({ growthMiB: 16, getP99Ms: 9 })],
      },
    ],
  },
]

const result: BenchResult = {
  startedAt: '2026-01-31T10:00:00.000Z',
  minutes: 50,
  commit: '1a2b3c4',
  changed: false,
  gateway: { program: 'dist/main.js', built: true },
  quick: false,
  leftOut: [],
  scale: fullScale,
  machine: {
    processor: 'Some CPU',
    processors: 2,
    memoryGiB: 24,
    kernel: '6.1',
    system: 'Debian',
    fileSystem: 'ext2/ext3',
    syncMs: 0.5,
  },
  versions: { node: 'v20.20.2' },
  nodeFlags: [],
  configurations: {},
  judged: [
    {
      name: 'get/nginx',
      figure: 'rate',
      of: 'headgate',
      over: 'nginx',
      result: { median: 0.4567, min: 0.4, max: 0.5, rounds: 3 },
      perCpu: { median: 0.47, min: 0.46, max: 0.48, rounds: 3 },
      floor: { of: 'get/nginx', bound: 'at-least', value: 0.4, unit: 'x', claim: 'fast' },
      verdict: 'pass',
      judgedBy: 'result',
      narrow: false,
    },
    {
      name: 'query/growth',
      figure: 'growthMiB',
      of: 'headgate',
      over: undefined,
      result: undefined,
      perCpu: undefined,
      floor: undefined,
      verdict: 'invalid',
      judgedBy: undefined,
      narrow: false,
    },
  ],
  cases,
}

test('a ratio stands beside its floor', () => {
  assert.deepEqual(ratioRows(result.judged), [
    ['get/nginx', '0.457x', '0.400-0.500', '0.470x', '0.460-0.480', '>= 0.4x', 'result', 'pass'],
    ['query/growth', '-', '-', '-', '-', '-', '-', 'invalid'],
  ])
  for (const row of ratioRows(result.judged)) assert.equal(row.length, ratioHead.length)
  assert.deepEqual(ratioLegend(result.judged), [])
})

test('what was judged by another ratio, and what was narrow, is marked and explained', () => {
  const judged: BenchResult['judged'] = [{ ...result.judged[0]!, judgedBy: 'perCpu', narrow: true }]
  for (const text of [reportText({ ...result, judged }), reportMarkdown({ ...result, judged })]) {
    assert.match(text, /get\/nginx.* per CPU\b.* pass, narrowly/)
    assert.match(text, /^Judged by per CPU: .*the load generator was the bottleneck of the peer/m)
    assert.match(text, /^Narrowly: .*within the spread/m)
  }
})

test('rates leave out invalid rounds and contenders that did not run', () => {
  const cells = ['get, headgate', '40,123/s', '40,123-40,123', '-', '2.50', '99 %', '-', '-']
  assert.deepEqual(rateRows(cases), [cells])
})

test('other figures carry their units', () => {
  assert.deepEqual(otherRows(cases), [
    ['query, headgate', 'growthMiB', '14.2 MiB', '12.3-16.0'],
    ['query, headgate', 'getP99Ms', '8.00 ms', '7.00-9.00'],
  ])
})

test('what was wrong is told', () => {
  assert.deepEqual(notes(cases), [
    'get, headgate, round 2: INVALID: 3 reads failed',
    'get, nginx: skipped, nginx is not installed',
  ])
})

test('numbers keep three digits', () => {
  assert.deepEqual([0.01234, 1.2345, 12.345, 123.45, -5.678].map(number), ['0.012', '1.23', '12.3', '123', '-5.68'])
})

test('columns are as wide as what is in them', () => {
  const text = textTable(
    ['name', 'n'],
    [
      ['a', '1'],
      ['long name', '1000'],
    ],
  )
  assert.equal(text, 'name          n\n---------  ----\na             1\nlong name  1000')
})

test('the report says what ran where, and never passes a quick run for a full one', () => {
  assert.match(reportText(result), /A full run: 2026-01-31T10:00:00.000Z, 50 minutes, commit 1a2b3c4, 3 rounds/)
  assert.match(reportText({ ...result, quick: true, changed: true }), /A quick run, .*commit 1a2b3c4 with changes/)
  const partial = reportText({ ...result, leftOut: ['1 of 3 rounds', 'no scan-100'] })
  assert.match(partial, /^A run that is not complete: .*\nNot complete: 1 of 3 rounds; no scan-100\.$/m)
  const given = reportText({ ...result, gateway: { program: '/old/main.js', built: false } })
  assert.match(given, /^Headgate was the given \/old\/main\.js, which need not be of that commit\.$/m)
  assert.doesNotMatch(reportText(result), /Not complete|was the given/)
})

test('only a run that is not quick, of all cases, has a place of its own', () => {
  assert.equal(resultPath(result, { json: undefined, usual: true }), 'bench/results/2026-01-31-1a2b3c4.json')
  assert.equal(resultPath(result, { json: undefined, usual: false }), undefined)
  assert.equal(resultPath(result, { json: 'x.json', usual: false }), 'x.json')
})

test('figures go between the marks of the page and replace what was there', () => {
  const page = '# P\n\n<!-- figures: begin -->\n\nold\n\n<!-- figures: end -->\n\nmore\n'
  const once = withFigures(page, result)
  assert.match(once, /^# P\n\n<!-- figures: begin -->\n\nA full run[\s\S]*\| get\/nginx \| 0\.457x \|/)
  assert.match(once, /<!-- figures: end -->\n\nmore\n$/)
  assert.ok(!once.includes('old'))
  assert.equal(withFigures(once, result), once)
  assert.throws(() => withFigures('# P', result), /has no/)
})

test('what is quick, not complete or not of a commit is not published, and it is said what to do', () => {
  const page = '<!-- figures: begin -->\n\n<!-- figures: end -->\n'
  const { leftOut, ...before } = result
  const refused = (what: object, why: RegExp): void => {
    assert.throws(() => withFigures(page, what as BenchResult), why)
    assert.throws(() => withFigures(page, what as BenchResult), /not to be published: .*run `npm run bench`/)
  }
  assert.deepEqual(leftOut, [])
  refused({ ...result, quick: true }, /quick run/)
  refused({ ...result, leftOut: ['no scan-100'] }, /not complete \(no scan-100\); install what is missing/)
  refused(before, /does not say whether the run was complete/)
  refused({ ...result, changed: true }, /differed from its commit; commit what changed/)
  assert.match(withFigures(page, result), /A full run/)
})

test('progress counts rounds and shows what was wrong with them', () => {
  const lines: string[] = []
  const progress = new Progress(12, (line) => lines.push(line))
  progress.onPrepared('redis-1000x128', 3.4)
  progress.onRound({ contender: 'redis', round: 1, result: round({ rate: 1234.5, p99Ms: 0.5, systemCpu: 1 }) })
  progress.onRound({ contender: 'headgate', round: 1, result: round({}, ['it did not start']) })
  progress.onRound({ contender: 'headgate', round: 2, result: round({ growthMiB: 3 }) })
  assert.deepEqual(lines, [
    '  loaded redis-1000x128 in 3 s',
    '  [ 1/12] round 1 redis       1235/s; p99 0.500 ms; CPU 100 %, others -, generator -',
    '  [ 2/12] round 1 headgate    INVALID: it did not start',
    '  [ 3/12] round 2 headgate    growthMiB 3.00',
  ])
})

test('a micro benchmark is timed by the clock it is given', () => {
  let ms = 0
  const nsEach = 250
  const micro = {
    name: 'm',
    unit: 'u',
    run: (times: number): number => {
      ms += (times * nsEach) / 1e6
      return times
    },
  }
  const { nsPerOp, proof } = sample(micro, () => ms)
  assert.ok(Math.abs(nsPerOp.median - nsEach) < 1, String(nsPerOp.median))
  assert.equal(nsPerOp.rounds, 15)
  assert.ok(proof > 0)
  assert.ok(ms < 5_000, 'bounded')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { warningsOf } from '../../../src/loadgen/assess.ts'
import { formatMicros, sparkline } from '../../../src/loadgen/format.ts'
import type { LatencySummary } from '../../../src/loadgen/latency.ts'
import { ProgressLine } from '../../../src/loadgen/progress.ts'
import { reportJson, reportText } from '../../../src/loadgen/report.ts'
import type { LoadResult } from '../../../src/loadgen/run-load.ts'
import { shortRun } from './settings.ts'

const nothing: LatencySummary = { count: 0, meanUs: 0, p50Us: 0, p90Us: 0, p99Us: 0, p999Us: 0, maxUs: 0 }
const some: LatencySummary = {
  count: 19_990,
  meanUs: 210,
  p50Us: 200,
  p90Us: 900,
  p99Us: 12_345,
  p999Us: 80_000,
  maxUs: 2e6,
}

function resultWith(changed: Partial<LoadResult['tally']>): LoadResult {
  const tally: LoadResult['tally'] = {
    ...{ offered: 20_000, successes: 19_990, misses: 3, shed: 7, errors: 2, dropped: 0, unanswered: 1 },
    ...{ answeredInWindow: 19_999, successesInWindow: 19_980 },
    shedReasons: { rate: 2, 'queue-full': 5 },
    errorCodes: { deadline: 2 },
    success: some,
    reject: nothing,
    lag: { ...nothing, count: 20_000, p99Us: 40 },
    ...changed,
  }
  const settings = shortRun('http', 7400, { target: { ...shortRun('http', 7400).target, token: 's3cret' } })
  return {
    settings,
    tally,
    offeredPerSecond: 2000,
    answeredPerSecond: 1999.9,
    successPerSecond: 1998,
    preloadFailures: 0,
    warnings: warningsOf(settings, tally, { preloadFailures: 0, closedByTarget: 0 }),
  }
}

test('the report shows rates, percentiles and outcomes, the most frequent reason first', () => {
  const text = reportText(resultWith({}))
  assert.match(text, /Offered +2,000\/s/)
  assert.match(text, /1,998\/s successful.*\(99\.9 % of what was offered\)/)
  assert.match(text, /success +200 us +900 us +12\.3 ms +80\.0 ms +2\.00 s +210 us/)
  assert.match(text, /shed +- +-/)
  assert.match(text, /shed queue-full: 5\n +shed rate: 2\n +error deadline: 2/)
})

test('no report shows the token', () => {
  const result = resultWith({})
  assert.doesNotMatch(reportText(result), /s3cret/)
  assert.doesNotMatch(JSON.stringify(reportJson(result)), /s3cret/)
})

test('the JSON report holds what the text does', () => {
  const report = reportJson(resultWith({})) as { requests: object; latency: { success: object }; target: string }
  assert.equal(report.target, 'http://127.0.0.1:7400')
  assert.equal((report.requests as { shed: number }).shed, 7)
  assert.deepEqual(report.latency.success, some)
})

test('warnings say when figures mean less than they seem to', () => {
  const settings = shortRun('http', 1)
  const of = (changed: Partial<LoadResult['tally']>): string => resultWith(changed).warnings.join(' ')
  assert.equal(of({ unanswered: 0 }), '')
  assert.match(of({}), /1 requests had no answer/)
  assert.match(of({ lag: { ...some, p99Us: 5000 } }), /generator itself lagged \(p99 5\.00 ms\)/)
  assert.doesNotMatch(of({ lag: { ...some, p99Us: 1100 } }), /lagged/, 'small beside a p99 of 12 ms')
  assert.match(of({ dropped: 4 }), /4 requests found/)
  assert.match(of({ misses: 15_000 }), /Most reads found nothing/)
  assert.match(of({ successes: 100 }), /few samples/)
  assert.match(of({ successes: 0 }), /No request succeeded/)
  assert.match(
    warningsOf(settings, resultWith({}).tally, { preloadFailures: 9, closedByTarget: 3 }).join(),
    /9 writes failed/,
  )
})

test('durations are shown in the unit a person would choose', () => {
  assert.deepEqual([0, 999, 1000, 12_345, 123_456, 2_500_000].map(formatMicros), [
    ...['0 us', '999 us', '1.00 ms', '12.3 ms', '123 ms', '2.50 s'],
  ])
})

test('a sparkline is scaled to its largest value', () => {
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7]), '▁▂▃▄▅▆▇█')
  assert.equal(sparkline([0, 0]), '▁▁')
  assert.equal(sparkline([]), '')
})

const interval = { successes: 1234, shed: 5, errors: 6, p50Us: 100, p99Us: 2000 }

test('on a terminal one line is rewritten and ended', () => {
  const written: string[] = []
  const progress = new ProgressLine({ isTTY: true, write: (text) => written.push(text) })
  progress.onPreload(1, 1000)
  progress.onPreload(2, 1000)
  progress.onSecond('warm-up', 1000, interval)
  progress.onSecond('measure', 2000, { ...interval, successes: 600 })
  progress.end()
  progress.end()
  assert.equal(written.length, 4, 'the same percentage is not shown twice')
  assert.ok(written.slice(0, 3).every((text) => text.startsWith('\r\x1b[2K')))
  assert.match(written[2]!, /measure +2 s +█▄ +600\/s +p50 100 us +p99 2\.00 ms +shed 5 +errors 6$/)
  assert.equal(written[3], '\n')
})

test('elsewhere a line comes now and then, without control characters', () => {
  const written: string[] = []
  const progress = new ProgressLine({ write: (text) => written.push(text) })
  for (let second = 1; second <= 10; second++) progress.onSecond('measure', second * 1000, interval)
  for (let done = 1; done <= 100; done++) progress.onPreload(done, 100)
  progress.end()
  assert.equal(written.length, 2 + 4)
  assert.ok(written.every((text) => text.endsWith('\n') && !text.includes('\r') && !text.includes('\x1b')))
})

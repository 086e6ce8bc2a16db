import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { measureAnswer } from '../../../bench/load/answer-size.ts'
import { openLoopProblems, parseOpenLoop } from '../../../bench/load/open-loop-report.ts'
import { parseRedisBenchmark } from '../../../bench/load/redis-benchmark-report.ts'
import { parseWrk, type WrkReport, wrkProblems } from '../../../bench/load/wrk-report.ts'

const captured = (name: string): string => readFileSync(`test/unit/bench/captured/${name}`, 'utf8')

test('redis-benchmark that ran to its end gives its summary', () => {
  const report = parseRedisBenchmark(captured('redis-benchmark-finished.txt'))
  assert.equal(report.rate, 121951.22)
  assert.deepEqual([report.requests, report.seconds], [20000, 0.16])
  assert.deepEqual(report.latency, { p50Ms: 3.879, p99Ms: 57.887, maxMs: 58.463 })
})

test('redis-benchmark that was cut off gives what it had come to', () => {
  const report = parseRedisBenchmark(captured('redis-benchmark-cut-off.txt'))
  assert.equal(report.rate, 92695.8)
  assert.deepEqual([report.requests, report.seconds, report.latency], [undefined, undefined, undefined])
  assert.deepEqual(report.progress.slice(0, 2), [81743.2, 61714.3])
  assert.equal(report.progress.length, 6)
})

test('redis-benchmark that did nothing is an error', () => {
  assert.throws(() => parseRedisBenchmark(' SET: rps=0.0 (overall: -nan) avg_msec=-nan (overall: -nan)'), /no rate/)
  assert.throws(() => parseRedisBenchmark('Could not connect to Redis at 127.0.0.1:1: Connection refused'), /refused/)
})

test('wrk gives the line that the script prints', () => {
  const report = parseWrk(captured('wrk.txt'))
  assert.deepEqual([report.requests, report.durationUs, report.bytes, report.p99Us], [1943, 1018879, 1413960, 130996])
  assert.throws(() => parseWrk('unable to connect to 127.0.0.1:1 Connection refused'), /no result.*refused/)
})

const rightBytes = { min: 700, max: 740 }
const problemsWith = (change: Partial<WrkReport>): readonly string[] =>
  wrkProblems({ ...parseWrk(captured('wrk.txt')), ...change }, rightBytes)

test('wrk without errors and with answers of the right size is valid', () => {
  assert.deepEqual(problemsWith({}), [])
})

test('every kind of error wrk counts makes a run invalid', () => {
  for (const name of ['connectErrors', 'readErrors', 'writeErrors', 'statusErrors', 'timeouts'] as const) {
    assert.match(problemsWith({ [name]: 2 }).join(), /^2 /, name)
  }
})

test('answers of another size than right ones make a run invalid', () => {
  const { requests } = parseWrk(captured('wrk.txt'))
  assert.match(
    problemsWith({ bytes: requests * 600 }).join(),
    /answers have 600 bytes on average, right ones 700 to 740/,
  )
  assert.match(problemsWith({ bytes: requests * 800 }).join(), /answers have 800 bytes/)
  assert.deepEqual(problemsWith({ requests: 0, bytes: 0 }), ['nothing was answered'])
})

test('an open loop counts only if every GET was sent and found its record', () => {
  const summary = { count: 9, meanUs: 1, p50Us: 1000, p90Us: 1, p99Us: 2500, p999Us: 1, maxUs: 9000 }
  const requests = { successes: 9, misses: 0, shed: 0, errors: 0, dropped: 0, unanswered: 0 }
  const print = (change: object): string =>
    JSON.stringify({
      requests: { ...requests, ...change },
      latency: { success: summary, reject: summary },
      generator: { lag: { ...summary, p99Us: 10 } },
    })
  const report = parseOpenLoop(print({}))
  assert.deepEqual([report.p50Ms, report.p99Ms, report.maxMs, report.lagP99Ms], [1, 2.5, 9, 0.01])
  assert.deepEqual(openLoopProblems(report), [])
  for (const name of ['misses', 'shed', 'errors', 'dropped', 'unanswered']) {
    assert.match(openLoopProblems(parseOpenLoop(print({ [name]: 3 }))).join(), /^3 GETs/, name)
  }
  assert.deepEqual(openLoopProblems(parseOpenLoop(print({ successes: 0 }))), ['no GET succeeded'])
})

const measured = (text: string) => measureAnswer(Buffer.from(text))

test('an answer is measured once it is whole, by its length or its last chunk', () => {
  assert.equal(measured('HTTP/1.1 200 OK\r\nContent-Le'), undefined)
  assert.equal(measured('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab'), undefined)
  const sized = 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc'
  assert.deepEqual(measured(sized), { status: 200, bodyBytes: 3, bytes: sized.length })
  const empty = 'HTTP/1.1 204 No Content\r\n\r\n'
  assert.deepEqual(measured(empty), { status: 204, bodyBytes: 0, bytes: empty.length })
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
  assert.equal(measured(`${chunked}3\r\nabc\r\n`), undefined)
  assert.equal(measured(`${chunked}3\r\nabc\r\n0\r\n\r\n`)?.bodyBytes, 13)
})

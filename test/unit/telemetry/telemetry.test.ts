import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import { classOf, seriesNames, seriesOf, seriesOfClass } from '../../../src/telemetry/operation-class.ts'
import { Telemetry } from '../../../src/telemetry/telemetry.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const read = seriesOf('http', 'read')
const write = seriesOf('resp', 'write')

async function setUp() {
  const runtime = new VirtualRuntime()
  const telemetry = await Telemetry.create(runtime)
  telemetry.start()
  return { runtime, telemetry }
}

/** Within the histogram's two digits. */
function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= expected * 0.01 + 0.001, `${actual} is not about ${expected}`)
}

describe('telemetry', () => {
  it('numbers each pair of protocol and class once', () => {
    for (const [series, { protocol, operation }] of seriesNames.entries())
      assert.equal(seriesOf(protocol, operation), series)
    assert.deepEqual(
      seriesOfClass(classOf['get-many']).map((series) => seriesNames[series]),
      [
        { protocol: 'http', operation: 'multi-read' },
        { protocol: 'resp', operation: 'multi-read' },
      ],
    )
  })

  it('splits latency into queue and store, and counts a batch as many', async (t) => {
    const { telemetry } = await setUp()
    t.after(() => telemetry.stop())
    telemetry.answered(read, 10, 4, 99)
    telemetry.answered(read, 100, 1, 1)
    const { latency } = telemetry
    assert.equal(latency.recent('total', [read]).count, 100)
    near(latency.recent('total', [read]).p99Ms, 10)
    near(latency.recent('total', [read]).maxMs, 100)
    near(latency.recent('queue', [read]).p50Ms, 4)
    near(latency.recent('store', [read]).p50Ms, 6)
    near(latency.recent('store', [read]).maxMs, 99)
    assert.deepEqual(latency.recent('total', [write]), { count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 })
  })

  it('forgets a slow minute in the recent past, but not since the start', async (t) => {
    const { runtime, telemetry } = await setUp()
    t.after(() => telemetry.stop())
    telemetry.answered(read, 500, 0, 10)
    runtime.advance(60_000)
    near(telemetry.latency.recent('total', [read]).maxMs, 500)
    telemetry.answered(read, 1, 0, 10)
    runtime.advance(10_000)
    near(telemetry.latency.recent('total', [read]).maxMs, 1)
    near(telemetry.latency.sinceStart('total', [read]).maxMs, 500)
    assert.equal(telemetry.latency.sinceStart('total', [read]).count, 20)
  })

  it('exports what was seen before and after a rotation', async (t) => {
    const { runtime, telemetry } = await setUp()
    t.after(() => telemetry.stop())
    telemetry.answered(read, 2, 0, 3)
    runtime.advance(10_000)
    telemetry.answered(read, 20, 0, 4)
    const seen = telemetry.latency.cumulative('total', read, [1, 5, 50])
    assert.deepEqual(seen, { counts: [0, 3, 7], count: 7, sumMs: 86 })
    assert.equal(telemetry.latency.cumulative('total', write, [1]), undefined)
  })

  it('counts outcomes and shed reasons', async (t) => {
    const { telemetry } = await setUp()
    t.after(() => telemetry.stop())
    telemetry.answered(read, 1, 0, 5)
    telemetry.failed(read, new GatewayError('deadline', 'too late'))
    telemetry.failed(write, new GatewayError('overloaded', 'full', { reason: 'queue-full' }))
    telemetry.requests.shed('connections')
    assert.deepEqual(
      [...telemetry.requests.outcomes()],
      [
        { series: read, outcome: 'ok', count: 5 },
        { series: read, outcome: 'deadline', count: 1 },
        { series: write, outcome: 'overloaded', count: 1 },
      ],
    )
    const shed = telemetry.requests.shedCounts().filter(({ count }) => count > 0)
    assert.deepEqual(shed, [
      { reason: 'connections', count: 1 },
      { reason: 'queue-full', count: 1 },
    ])
    assert.equal(telemetry.requests.ended(read), 6)
  })

  it('knows the rates of the last 10 s, and since the start before that', async (t) => {
    const { runtime, telemetry } = await setUp()
    t.after(() => telemetry.stop())
    telemetry.answered(read, 1, 0, 30)
    telemetry.answered(write, 1, 0, 10)
    runtime.advance(2000)
    assert.deepEqual(telemetry.rates(), { perSecond: 20, readsPerSecond: 15, writesPerSecond: 5 })
    runtime.advance(20_000)
    assert.deepEqual(telemetry.rates(), { perSecond: 0, readsPerSecond: 0, writesPerSecond: 0 })
  })

  it('stops when told to, and loses what comes later without failing it', async () => {
    const { runtime, telemetry } = await setUp()
    telemetry.answered(read, 1, 0, 1)
    telemetry.stop()
    assert.equal(runtime.pending, 0)
    telemetry.answered(read, 1, 0, 1)
    assert.equal(telemetry.latency.recent('total', [read]).count, 0)
    assert.equal(telemetry.latency.cumulative('total', read, [1]), undefined)
    telemetry.stop()
  })
})

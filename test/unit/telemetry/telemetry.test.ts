import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import {
  classIndex,
  classOf,
  operationClasses,
  seriesNames,
  seriesOf,
  seriesOfClass,
} from '../../../src/telemetry/operation-class.ts'
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

const nothing = { count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 }

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

  it('counts a batch as many', async (t) => {
    const { telemetry } = await setUp()
    t.after(() => telemetry.stop())
    telemetry.answered(read, 10, 99)
    telemetry.answered(read, 100, 1)
    const { total, queue, store } = telemetry.latency
    assert.equal(total.recent([read]).count, 100)
    near(total.recent([read]).p99Ms, 10)
    near(total.recent([read]).maxMs, 100)
    assert.deepEqual(total.recent([write]), nothing)
    const everything = [...operationClasses.keys()]
    assert.deepEqual([queue.recent(everything), store.recent(everything)], [nothing, nothing])
  })

  it('keeps queue and store apart, by operation alone', async (t) => {
    const { telemetry } = await setUp()
    t.after(() => telemetry.stop())
    telemetry.executed('query', 0, 20)
    telemetry.executed('query', 30, 20)
    telemetry.executed('lease', 1, 2)
    const { total, queue, store } = telemetry.latency
    const query = [classIndex.query]
    assert.deepEqual([queue.recent(query).count, queue.recent(query).p50Ms], [2, 0])
    near(queue.recent(query).maxMs, 30)
    assert.equal(store.recent(query).count, 2)
    near(store.recent(query).p50Ms, 20)
    near(store.recent(query).maxMs, 20)
    near(store.recent([classIndex.lease]).maxMs, 2)
    assert.deepEqual(total.recent([...seriesNames.keys()]), nothing)
    assert.equal(telemetry.rates().perSecond, 0, 'samples are no requests')
  })

  it('forgets a slow minute in the recent past, but not since the start', async (t) => {
    const { runtime, telemetry } = await setUp()
    t.after(() => telemetry.stop())
    telemetry.answered(read, 500, 10)
    runtime.advance(60_000)
    near(telemetry.latency.total.recent([read]).maxMs, 500)
    telemetry.answered(read, 1, 10)
    runtime.advance(10_000)
    near(telemetry.latency.total.recent([read]).maxMs, 1)
    near(telemetry.latency.total.sinceStart([read]).maxMs, 500)
    assert.equal(telemetry.latency.total.sinceStart([read]).count, 20)
  })

  it('exports what was seen before and after a rotation', async (t) => {
    const { runtime, telemetry } = await setUp()
    t.after(() => telemetry.stop())
    telemetry.answered(read, 2, 3)
    runtime.advance(10_000)
    telemetry.answered(read, 20, 4)
    const seen = telemetry.latency.total.cumulative(read, [1, 5, 50])
    assert.deepEqual(seen, { counts: [0, 3, 7], count: 7, sumMs: 86 })
    assert.equal(telemetry.latency.total.cumulative(write, [1]), undefined)
  })

  it('counts outcomes and shed reasons', async (t) => {
    const { telemetry } = await setUp()
    t.after(() => telemetry.stop())
    telemetry.answered(read, 1, 5)
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
    telemetry.answered(read, 1, 30)
    telemetry.answered(write, 1, 10)
    runtime.advance(2000)
    assert.deepEqual(telemetry.rates(), { perSecond: 20, readsPerSecond: 15, writesPerSecond: 5 })
    runtime.advance(20_000)
    assert.deepEqual(telemetry.rates(), { perSecond: 0, readsPerSecond: 0, writesPerSecond: 0 })
  })

  it('stops when told to, and loses what comes later without failing it', async () => {
    const { runtime, telemetry } = await setUp()
    telemetry.answered(read, 1, 1)
    telemetry.stop()
    assert.equal(runtime.pending, 0)
    telemetry.answered(read, 1, 1)
    assert.equal(telemetry.latency.total.recent([read]).count, 0)
    assert.equal(telemetry.latency.total.cumulative(read, [1]), undefined)
    telemetry.stop()
  })
})

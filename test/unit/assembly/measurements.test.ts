import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Admission } from '../../../src/admission/admission.ts'
import { executionObserver, httpHooks, respHooks } from '../../../src/assembly/measurements.ts'
import { GatewayError } from '../../../src/errors.ts'
import { Gateway } from '../../../src/gateway.ts'
import type { Body } from '../../../src/operation/body.ts'
import { QueryMemory } from '../../../src/operation/query/query-memory.ts'
import { classIndex, type OperationClass, seriesNames, seriesOf } from '../../../src/telemetry/operation-class.ts'
import { Telemetry } from '../../../src/telemetry/telemetry.ts'
import { ArrayStore } from '../../support/array-store.ts'
import { Capture } from '../../support/capture.ts'
import { roomySettings } from '../../support/gateway-harness.ts'
import { bytesOf, operationOf, putOf } from '../../support/operations.ts'
import { topologyOf } from '../../support/topologies.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

/** A gateway with one permit at its one shard, over a store that answers when it is told to, and what it measures. */
async function setUp(t: TestContext, shards = 1) {
  const runtime = new VirtualRuntime()
  const telemetry = await Telemetry.create(runtime)
  t.after(() => telemetry.stop())
  const store = new ArrayStore(runtime)
  const gateway = new Gateway({
    admission: new Admission({ rates: new Map() }),
    topology: topologyOf(shards),
    routing: { splittable: false },
    execution: {
      sessions: store,
      runtime,
      queries: new QueryMemory(runtime, 1 << 30),
      settings: { ...roomySettings, inFlight: 1, maxScans: 1, maxShardsInFlight: 1 },
      observer: executionObserver(telemetry),
    },
  })
  const send = (body: Body, storeMs: number) => {
    store.fates = () => ({ delayMs: storeMs })
    const capture = new Capture()
    gateway.dispatch(operationOf(body, { arrivedAt: runtime.clock.now() }), capture)
    return capture
  }
  /** Samples of a class: how many, and the sums of their times. */
  const seen = (operation: OperationClass) => {
    const of = (part: 'queue' | 'store') => telemetry.latency[part].cumulative(classIndex[operation], [])
    const [queue, stored] = [of('queue'), of('store')]
    assert.equal(queue?.count, stored?.count)
    return stored === undefined ? undefined : { samples: stored.count, queueMs: queue!.sumMs, storeMs: stored.sumMs }
  }
  return { runtime, telemetry, gateway, send, seen }
}

const getOf = (key: string): Body => ({ kind: 'get', key: bytesOf(key), projection: 'value' })

test('who waited 30 ms for a store that then took 20 ms is measured as such, and who did not wait as well', async (t) => {
  const { runtime, send, seen } = await setUp(t)
  send(putOf('a', '1'), 40)
  runtime.advance(10)
  const patient = send(putOf('b', '2'), 20)
  runtime.advance(30)
  assert.deepEqual(seen('write'), { samples: 1, queueMs: 0, storeMs: 40 })
  assert.equal(patient.ending, undefined)
  runtime.advance(20)
  patient.reply('written')
  assert.deepEqual(seen('write'), { samples: 2, queueMs: 30, storeMs: 60 })
})

test('samples are told apart by operation, and taken of requests that arrive apart', async (t) => {
  const { runtime, send, seen } = await setUp(t)
  send(putOf('a', '1'), 5)
  send(getOf('a'), 3)
  send(getOf('b'), 3)
  runtime.advance(20)
  assert.deepEqual(seen('read'), { samples: 1, queueMs: 0, storeMs: 3 })
  assert.deepEqual(seen('write'), { samples: 1, queueMs: 0, storeMs: 5 })
  assert.equal(seen('scan'), undefined)
})

test('a count that waited for others of its kind says so, in each of its parts', async (t) => {
  const { runtime, send, seen } = await setUp(t)
  const count: Body = { kind: 'count', range: {} }
  send(count, 40)
  runtime.advance(10)
  const patient = send(count, 20)
  runtime.advance(50)
  patient.reply('count')
  assert.deepEqual(seen('scan'), { samples: 2, queueMs: 30, storeMs: 60 })
})

test('a part that is asked after others is not charged with their time', async (t) => {
  const { runtime, send, seen } = await setUp(t, 4)
  const size = send({ kind: 'size' }, 20)
  runtime.advance(80)
  size.reply('count')
  assert.deepEqual(seen('scan'), { samples: 4, queueMs: 0, storeMs: 80 })
})

test('of a put with a lease, telling the lease and writing the record are two samples', async (t) => {
  const { runtime, gateway, send, seen } = await setUp(t, 4)
  send({ kind: 'lease-grant', id: 7, ttlMs: 1_000 }, 1)
  runtime.advance(10)
  const shardOf = (key: string) => gateway.topology.shardOf(bytesOf(key)).id
  const key = Array.from({ length: 50 }, (_, i) => `k${i}`).find((name) => shardOf(name) !== shardOf('7'))!
  const put = send(putOf(key, 'value', 7), 20)
  runtime.advance(50)
  put.reply('written')
  assert.deepEqual(seen('lease'), { samples: 2, queueMs: 0, storeMs: 21 })
  assert.deepEqual(seen('write'), { samples: 1, queueMs: 0, storeMs: 20 })
})

test('both protocols count answers with their times, and errors by code and shed reason', async (t) => {
  const { telemetry } = await setUp(t)
  const http = httpHooks(telemetry, (error) => assert.fail(String(error)))
  const resp = respHooks(telemetry)
  const full = new GatewayError('overloaded', 'full', { reason: 'queue-full' })
  const fast = new GatewayError('rate-limited', 'too fast', { reason: 'rate' })
  http.onRequest('put', 100, 107, 201, undefined)
  http.onRequest('get', 100, 102, 404, new GatewayError('not-found', 'no such record'))
  http.onRequest('lease', 100, 100, 404, new GatewayError('lease-not-found', 'no such lease'))
  http.onRequest('query', 100, 100, 503, full)
  http.onRequest('get', 100, 100, 429, fast)
  resp.onBatch('write', 3, 50, 55)
  resp.onError('write', full)
  resp.onError('read', new GatewayError('deadline', 'late'))
  resp.onProtocolError?.()
  const outcomes = [...telemetry.requests.outcomes()].map(({ series, outcome, count }) => {
    const { protocol, operation } = seriesNames[series]!
    return `${protocol} ${operation} ${outcome} ${count}`
  })
  assert.deepEqual(outcomes.sort(), [
    'http lease lease-not-found 1',
    'http query overloaded 1',
    'http read ok 1',
    'http read rate-limited 1',
    'http write ok 1',
    'resp other malformed 1',
    'resp read deadline 1',
    'resp write ok 3',
    'resp write overloaded 1',
  ])
  const shed = telemetry.requests.shedCounts().filter(({ count }) => count > 0)
  assert.deepEqual(shed, [
    { reason: 'rate', count: 1 },
    { reason: 'queue-full', count: 2 },
  ])
  const total = (series: number) => telemetry.latency.total.cumulative(series, [])?.sumMs
  assert.equal(total(seriesOf('http', 'write')), 7)
  assert.equal(total(seriesOf('http', 'read')), 2)
  assert.equal(total(seriesOf('resp', 'write')), 15)
  assert.equal(total(seriesOf('resp', 'read')), undefined)
})

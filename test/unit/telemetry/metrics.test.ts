import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { register } from 'prom-client'
import { loopDelaysIn } from '../../../scripts/campaign/abuse/node-watch.ts'
import { GatewayError } from '../../../src/errors.ts'
import { metricCatalogue } from '../../../src/telemetry/metrics/catalogue.ts'
import { createRegistry, metricPrefix } from '../../../src/telemetry/metrics/registry.ts'
import { seriesOf } from '../../../src/telemetry/operation-class.ts'
import { Telemetry } from '../../../src/telemetry/telemetry.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

async function setUp(t: TestContext) {
  const telemetry = await Telemetry.create(new VirtualRuntime())
  t.after(() => telemetry.stop())
  const store = {
    shard: 1,
    commitIndex: 12,
    appliedIndex: 11,
    flushedIndex: 10,
    backlogBytes: 100,
    backlogEntries: 1,
    logSyncs: 5,
    logSyncedEntries: 12,
    logSyncedBytes: 4096,
    engineBytes: 8192,
    records: 7,
    recordsExact: true,
    expiredRecords: 2,
    leases: 1,
  }
  const listener = {
    listener: 'http',
    address: '127.0.0.1:7400',
    open: 3,
    accepted: 9,
    refused: { total: 0, rate: 4 },
    bytesIn: 10,
    bytesOut: 20,
    answers: { heldBytes: 30, waiting: 1 },
  }
  const specs = metricCatalogue({
    telemetry,
    shards: { shards: () => [{ shard: 1, role: 'writer', inFlight: 2, queueLength: 1 }] },
    queries: { queries: () => ({ heldBytes: 1000, waiting: 2 }) },
    stores: { stores: () => [store] },
    listeners: { listeners: () => [listener] },
    node: { ready: true, coordinationOk: true, coordinationRevision: 42 },
    version: '0.1.0',
  })
  return { telemetry, specs, store, registry: createRegistry(specs) }
}

interface Row {
  readonly name: string
  readonly type: string
  readonly labels: string[]
  readonly unit: string
  readonly meaning: string
  readonly bad: string
}

function documented(): Row[] {
  const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')
  return page.split('\n').flatMap((line) => {
    if (!line.startsWith(`| \`${metricPrefix}`)) return []
    const [name, type, labels, unit, meaning, bad] = line
      .split('|')
      .slice(1)
      .map((cell) => cell.trim())
    const plain = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]!)
    return [{ name: plain(name!)[0]!, type: type!, labels: plain(labels!), unit: unit!, meaning: meaning!, bad: bad! }]
  })
}

describe('metrics', () => {
  it('are documented, each with type and labels, and nothing else is', async (t) => {
    const { specs } = await setUp(t)
    const exported = specs.map(({ name, type, labels }) => ({
      name: `${metricPrefix}${name}`,
      type,
      labels: [...labels],
    }))
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)
    const rows = documented()
    assert.deepEqual(rows.map(({ name, type, labels }) => ({ name, type, labels })).sort(byName), exported.sort(byName))
    for (const row of rows) assert.ok(row.meaning.length > 5 && row.bad.length > 0 && row.unit.length > 0, row.name)
  })

  it('follow the conventions for names', async (t) => {
    for (const { name, type, labels } of (await setUp(t)).specs) {
      assert.ok(
        !labels.some((label) => ['quantile', 'le'].includes(label)),
        `${name}: summaries and histograms own these`,
      )
      assert.match(name, /^[a-z][a-z0-9_]*$/)
      assert.equal(name.endsWith('_total'), type === 'counter', name)
      assert.doesNotMatch(name, /_(ms|millis|milliseconds|kb|mb|kib|mib)(_|$)/, 'base units only')
      if (type === 'histogram') assert.match(name, /_seconds$/)
    }
  })

  it('read the values at the time of the scrape, and again at the next', async (t) => {
    const { telemetry, registry, store } = await setUp(t)
    const read = seriesOf('http', 'read')
    telemetry.answered(read, 2, 3)
    telemetry.executed('read', 0.5, 1.5)
    telemetry.failed(read, new GatewayError('overloaded', 'full', { reason: 'queue-full' }))
    for (const [expected, samples] of [
      [3, 1],
      [6, 2],
    ] as const) {
      const text = await registry.metrics()
      const has = (line: string) => assert.ok(text.split('\n').includes(line), `${line} is not in\n${text}`)
      has(`headgate_requests_total{protocol="http",operation="read",outcome="ok"} ${expected}`)
      has('headgate_requests_total{protocol="http",operation="read",outcome="overloaded"} 1')
      has('headgate_shed_total{reason="queue-full"} 1')
      has('headgate_shed_total{reason="draining"} 0')
      has('# TYPE headgate_request_duration_seconds histogram')
      has('headgate_request_duration_seconds_bucket{le="0.001",protocol="http",operation="read"} 0')
      has(`headgate_request_duration_seconds_bucket{le="0.0025",protocol="http",operation="read"} ${expected}`)
      has(`headgate_request_duration_seconds_bucket{le="+Inf",protocol="http",operation="read"} ${expected}`)
      has(`headgate_request_duration_seconds_count{protocol="http",operation="read"} ${expected}`)
      has(`headgate_request_queue_seconds_sum{operation="read"} ${(samples * 0.5) / 1000}`)
      has('headgate_request_store_seconds_bucket{le="0.001",operation="read"} 0')
      has(`headgate_request_store_seconds_bucket{le="0.0025",operation="read"} ${samples}`)
      has(`headgate_request_store_seconds_count{operation="read"} ${samples}`)
      has(`headgate_store_commit_index{shard="1"} ${store.commitIndex}`)
      has('headgate_connections_refused_total{listener="http",reason="rate"} 4')
      has('headgate_shard_in_flight{shard="1",role="writer"} 2')
      has('headgate_ready 1')
      assert.ok(
        loopDelaysIn(text).loopDelayMaxMs >= loopDelaysIn(text).loopDelayP99Ms,
        'as the abuse campaign reads it',
      )
      telemetry.answered(read, 2, 3)
      telemetry.executed('read', 0.5, 1.5)
      store.commitIndex++
    }
  })

  it('are all in a registry of their own, in both of its forms', async (t) => {
    const { telemetry, registry, specs } = await setUp(t)
    telemetry.answered(seriesOf('resp', 'write'), 3, 2)
    const names = specs.map(({ name }) => `${metricPrefix}${name}`)
    const text = await registry.metrics()
    assert.deepEqual(text.match(/(?<=^# TYPE )\S+/gm), names)
    const metrics = await registry.getMetricsAsJSON()
    assert.deepEqual(
      metrics.map(({ name }) => name),
      names,
    )
    assert.match(text, /^headgate_request_duration_seconds_sum\{protocol="resp",operation="write"\} 0\.006$/m)
    assert.deepEqual(await register.getMetricsAsJSON(), [], 'the global registry stays empty')
  })
})

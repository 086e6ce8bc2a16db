import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Counters, contradictions, nothingCounted } from '../../../bench/counters/counters.ts'
import { etcdCounters } from '../../../bench/counters/etcd-counters.ts'
import { backlogEntries, headgateCounters } from '../../../bench/counters/headgate-counters.ts'
import { parsePrometheus } from '../../../bench/counters/prometheus-text.ts'
import { redisCounters } from '../../../bench/counters/redis-info.ts'

const before: Counters = {
  good: 100,
  bad: { 'error replies': 7 },
  givenUp: 5,
  replyBytes: 1000,
  durableBytes: 50,
}
const after = (change: Partial<Counters> = {}): Counters => ({
  good: 1100,
  bad: { 'error replies': 7 },
  givenUp: 5,
  replyBytes: 1000 + 1000 * 136,
  durableBytes: 50 + 1000 * 150,
  ...change,
})
const claim = { requests: 1000, underWay: 64, replyBytesEach: 136, durableBytesEach: 144 }

test('a load that did what it claims is not contradicted', () => {
  assert.deepEqual(contradictions(before, after(), claim), [])
  assert.deepEqual(contradictions(nothingCounted, nothingCounted, claim), [])
})

test('errors that grew, or came up, contradict it', () => {
  assert.deepEqual(contradictions(before, after({ bad: { 'error replies': 9 } }), claim), ['error replies: 2'])
  assert.deepEqual(contradictions(before, after({ bad: { 'error replies': 7, 'shed for rate': 1 } }), claim), [
    'shed for rate: 1',
  ])
  assert.deepEqual(contradictions(before, after({ bad: { misses: Number.NaN } }), claim), ['misses: NaN'])
})

test('fewer good answers than claimed contradict it', () => {
  assert.match(contradictions(before, after({ good: 1000 }), claim).join(), /counts 1000 answers, the system 900/)
})

test('as many as were under way when the generator ended may be given up, no more', () => {
  assert.deepEqual(contradictions(before, after({ givenUp: 5 + 64 }), claim), [])
  assert.deepEqual(contradictions(before, after({ givenUp: 5 + 65 }), claim), ['requests given up: 65'])
})

test('answers of another size contradict it, the bench asking for counters does not', () => {
  const many = { requests: 100_000, underWay: 64, replyBytesEach: 136 }
  const sent = (bytes: number): Counters => after({ good: 100_100, replyBytes: 1000 + bytes })
  assert.deepEqual(contradictions(before, sent(100_000 * 136 + 20_000), many), [])
  // Nils instead of values, and values that are too long.
  assert.match(contradictions(before, sent(100_000 * 5), many).join(), /answers have 5.0 bytes on average/)
  assert.match(contradictions(before, sent(100_000 * 150), many).join(), /answers have 150.0 bytes on average/)
})

test('writes that were acknowledged and are not in the log contradict it', () => {
  const late = after({ durableBytes: 50 + 1000 * 143 })
  assert.match(
    contradictions(before, late, claim).join(),
    /1000 writes were acknowledged and the log grew by 143000 bytes only/,
  )
})

const page = `# HELP headgate_requests_total Requests by how they ended
# TYPE headgate_requests_total counter
headgate_requests_total{protocol="http",operation="read",outcome="ok"} 40
headgate_requests_total{protocol="resp",operation="write",outcome="ok"} 2
headgate_requests_total{protocol="http",operation="read",outcome="deadline"} 3
headgate_requests_total{protocol="resp",operation="read",outcome="deadline"} 1
headgate_requests_total{protocol="http",operation="scan",outcome="abandoned"} 2
headgate_requests_total{protocol="resp",operation="read",outcome="overloaded"} 1
headgate_shed_total{reason="backlog"} 5
headgate_connections_refused_total{listener="http",reason="rate"} 6
headgate_sent_bytes_total{listener="http"} 70
headgate_sent_bytes_total{listener="resp"} 8
headgate_sent_bytes_total{listener="admin"} 9000
headgate_log_synced_bytes_total{shard="1"} 11
headgate_log_synced_bytes_total{shard="2"} 12
headgate_store_backlog_entries{shard="1"} 13
headgate_store_backlog_entries{shard="2"} 14
`

test("the gateway's page gives good and bad answers, bytes and what is left to apply", () => {
  assert.deepEqual(headgateCounters(page), {
    good: 42,
    bad: { 'answers overloaded': 1, 'shed for backlog': 5, 'connections refused for rate': 6 },
    givenUp: 6,
    replyBytes: 78,
    durableBytes: 23,
  })
  assert.equal(backlogEntries(page), 27)
})

test('samples may have no labels, labels with anything in quotes, and a time', () => {
  assert.deepEqual(parsePrometheus('a 1\nb{x="a\\"},{",y=""} 2.5e3 1700000000\n\nnot a sample\n'), [
    { name: 'a', labels: {}, value: 1 },
    { name: 'b', labels: { x: 'a\\"},{', y: '' }, value: 2500 },
  ])
})

test("etcd's page gives the calls of its JSON gateway that were answered", () => {
  const calls = (code: string, method: string, count: number): string =>
    `grpc_server_handled_total{grpc_code="${code}",grpc_method="${method}",grpc_service="etcdserverpb.KV",grpc_type="unary"} ${count}\n`
  const text = calls('OK', 'Range', 2) + calls('OK', 'Put', 3) + calls('OK', 'Txn', 9) + calls('Canceled', 'Put', 4)
  assert.deepEqual([etcdCounters(text).good, etcdCounters(text).durableBytes], [5, undefined])
  assert.equal(etcdCounters(`${text}etcd_disk_wal_write_bytes_total 1184\n`).durableBytes, 1184)
})

test("Redis' INFO gives calls, errors and GETs that found nothing", () => {
  const info = [
    '# Persistence\r\naof_last_write_status:ok\r\n\r\n# Stats',
    'total_net_output_bytes:969748\r\nrejected_connections:0\r\nevicted_keys:0',
    'keyspace_hits:995\r\nkeyspace_misses:1005\r\ntotal_error_replies:1\r\n\r\n# Commandstats',
    'cmdstat_set:calls=165840,usec=182122,usec_per_call=1.10,rejected_calls=0,failed_calls=0',
    'cmdstat_get:calls=2000,usec=2372,usec_per_call=1.19,rejected_calls=0,failed_calls=0\r\n',
  ].join('\r\n')
  const counters = redisCounters(info)
  assert.deepEqual([counters.good, counters.replyBytes], [167840, 969748])
  assert.equal(counters.bad['error replies'], 1)
  assert.equal(counters.bad['GETs that found nothing'], 1005)
  assert.equal(counters.bad['failed AOF writes'], 0)
  assert.equal(redisCounters(info.replace('status:ok', 'status:err')).bad['failed AOF writes'], 1)
  assert.equal(counters.durableBytes, undefined)
  assert.equal(redisCounters(`aof_current_size:77\r\n${info}`).durableBytes, 77)
})

test('a count that Redis does not give cannot pass for zero', () => {
  const counters = redisCounters('# Stats\r\n')
  assert.ok(contradictions(counters, counters, { requests: 0, underWay: 0 }).length > 0)
})

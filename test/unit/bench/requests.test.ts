import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedGroups, fieldsOf, jsonRecords, keyOf } from '../../../bench/data/records.ts'
import { fillKey } from '../../../bench/load/http-load.ts'
import {
  etcdPut,
  etcdRange,
  getRecord,
  type HttpRequest,
  putRecord,
  scanHundred,
} from '../../../bench/load/http-requests.ts'
import { respLoad } from '../../../bench/load/resp-load.ts'

const bodyOf = (request: HttpRequest): { declared: number; body: string; head: string } => {
  const [head = '', body = ''] = fillKey(request.template(7400), keyOf(123)).split('\r\n\r\n')
  return { head, body, declared: Number(/Content-Length: (\d+)/.exec(head)?.[1] ?? 0) }
}

test('requests declare the length they have', () => {
  for (const request of [getRecord(128), putRecord(128), putRecord(4096), scanHundred(128), etcdRange(128)]) {
    const { declared, body } = bodyOf(request)
    assert.equal(declared, body.length, request.summary)
  }
  const { declared, body } = bodyOf(etcdPut(4096))
  assert.equal(declared, body.length)
  const { key, value } = JSON.parse(body) as { key: string; value: string }
  assert.equal(Buffer.from(key, 'base64').toString(), 'key:000000000123')
  assert.equal(Buffer.from(value, 'base64').length, 4096)
})

test('the key stands where it belongs', () => {
  assert.match(
    bodyOf(getRecord(128)).head,
    /^GET \/v1\/records\/key:000000000123 HTTP\/1\.1\r\nHost: 127\.0\.0\.1:7400$/,
  )
  assert.match(bodyOf(scanHundred(128)).head, /^GET \/v1\/records\?start=key:000000000123&limit=100 /)
  assert.equal(bodyOf(putRecord(128)).body, 'x'.repeat(128))
})

test('a wrong answer is told from a right one', () => {
  const answer = (status: number, bodyBytes: number) => ({ status, bodyBytes, bytes: bodyBytes + 100 })
  assert.equal(getRecord(128).check(answer(200, 128)), undefined)
  assert.match(getRecord(128).check(answer(404, 128))!, /404/)
  assert.match(getRecord(128).check(answer(200, 127))!, /127/)
  assert.equal(putRecord(128).check(answer(204, 0)), undefined)
  assert.match(putRecord(128).check(answer(201, 0))!, /201/)
  assert.equal(scanHundred(128).check(answer(200, 30_000)), undefined)
  assert.match(scanHundred(128).check(answer(200, 9_000))!, /9000/)
  assert.match(etcdRange(128).check(answer(200, 60))!, /60/)
  assert.match(etcdPut(128).check(answer(503, 60))!, /503/)
})

test('the bytes of a right answer in the Redis protocol', () => {
  const request = { pipeline: 1, keys: 10 } as const
  assert.equal(respLoad({ ...request, command: 'get', valueBytes: 128 }).replyBytesEach, '$128\r\n'.length + 128 + 2)
  assert.equal(respLoad({ ...request, command: 'get', valueBytes: 4096 }).replyBytesEach, '$4096\r\n'.length + 4096 + 2)
  assert.equal(respLoad({ ...request, command: 'set', valueBytes: 128 }).replyBytesEach, '+OK\r\n'.length)
})

test('only durable writes must be on disk', () => {
  const request = { command: 'set', pipeline: 1, keys: 10, valueBytes: 128 } as const
  assert.equal(respLoad(request).durableBytesEach, undefined)
  assert.equal(respLoad({ ...request, durable: true }).durableBytesEach, 16 + 128)
})

test('records are JSON of exactly the size asked for', () => {
  for (const [count, valueBytes] of [
    [1_000_000, 128],
    [50_000, 4096],
  ] as const) {
    const records = jsonRecords(count, valueBytes)
    for (const index of [0, 7, 4_999, count - 1]) {
      const value = records.value(index)
      assert.equal(Buffer.byteLength(value), valueBytes)
      const { note, ...fields } = JSON.parse(value) as Record<string, unknown>
      assert.deepEqual(fields, fieldsOf(index))
      assert.match(String(note), /^x+$/)
    }
  }
  assert.throws(() => jsonRecords(10, 30).value(1), RangeError)
})

test('the query has something to do: every group, and about half of the records', () => {
  const groups = expectedGroups(100_000)
  assert.equal(groups.length, 20)
  const counted = groups.reduce((sum, { count }) => sum + count, 0)
  assert.ok(counted > 45_000 && counted < 55_000, String(counted))
  for (const { group, count } of groups) assert.ok(count > 1_000 && count < 4_000, `${group} ${count}`)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Admission } from '../../../src/admission/admission.ts'
import { RateLimiter } from '../../../src/admission/rate-limiter.ts'
import type { PointBody } from '../../../src/operation/body.ts'
import type { Client } from '../../../src/operation/operation.ts'
import { Roles } from '../../../src/operation/roles.ts'
import { bytesOf, operationOf, putOf } from '../../support/operations.ts'

const get = { kind: 'get', key: bytesOf('a'), projection: 'value' } as const
const app: Client = { name: 'app', roles: new Roles(['read', 'write']) }

function admissionWith(requestsPerSecond: number, burst: number): Admission {
  return new Admission({ rates: new Map([['app', { requestsPerSecond, burst }]]) })
}

test('a client needs the role of what it asks', () => {
  const admission = new Admission({ rates: new Map() })
  const reader: Client = { name: 'reader', roles: new Roles(['read']) }
  const writer: Client = { name: 'writer', roles: new Roles(['write', 'admin']) }
  assert.equal(admission.admit(operationOf(get, { client: reader })), undefined)
  assert.equal(admission.admit(operationOf(putOf('a'), { client: writer })), undefined)
  assert.equal(admission.admit(operationOf(get, { client: writer }))?.code, 'forbidden')
  const refused = admission.admit(operationOf(putOf('a'), { client: reader }))
  assert.deepEqual([refused?.code, refused?.outcome], ['forbidden', 'not-applied'])
})

test('a batch needs the role of what is in it', () => {
  const admission = new Admission({ rates: new Map() })
  const reader: Client = { name: 'reader', roles: new Roles(['read']) }
  const writer: Client = { name: 'writer', roles: new Roles(['write']) }
  const askedBy = (client: Client, ...operations: PointBody[]) =>
    admission.admit(operationOf({ kind: 'batch', operations, atomic: true, abortOnFailure: false }, { client }))
  assert.equal(askedBy(reader, get, get), undefined)
  assert.equal(askedBy(writer, putOf('a')), undefined)
  assert.equal(askedBy(writer, get)?.code, 'forbidden')
  const refused = askedBy(reader, get, putOf('a'))
  assert.deepEqual([refused?.code, refused?.outcome], ['forbidden', 'not-applied'])
})

test('a deadline that has passed on arrival is refused', () => {
  const admission = new Admission({ rates: new Map() })
  assert.equal(admission.admit(operationOf(get, { arrivedAt: 10, deadline: 10.1 })), undefined)
  const late = admission.admit(operationOf(putOf('a'), { arrivedAt: 10, deadline: 10 }))
  assert.deepEqual([late?.code, late?.outcome], ['deadline', 'not-applied'])
})

test('while draining everything is refused, with a reason', () => {
  const admission = new Admission({ rates: new Map() })
  admission.drain()
  const refused = admission.admit(operationOf(get))
  assert.deepEqual([refused?.code, refused?.reason, refused?.retryAfterMs], ['overloaded', 'draining', 1_000])
  assert.equal(admission.admit(operationOf(putOf('a')))?.outcome, 'not-applied')
})

test('a rate: the burst at once, then one request each interval, and the exact time to wait', () => {
  const admission = admissionWith(10, 3)
  const at = (arrivedAt: number) => admission.admit(operationOf(get, { client: app, arrivedAt }))
  for (let i = 0; i < 3; i++) assert.equal(at(1_000), undefined)
  const over = at(1_000)
  assert.deepEqual([over?.code, over?.reason, over?.retryAfterMs], ['rate-limited', 'rate', 100])
  assert.equal(at(1_040)?.retryAfterMs, 60)
  assert.equal(at(1_100), undefined)
  assert.equal(at(1_100)?.retryAfterMs, 100)
  for (let i = 0; i < 3; i++) assert.equal(at(9_000), undefined, 'the burst is back after a pause')
  assert.equal(at(9_000)?.code, 'rate-limited')
  assert.equal(admission.admit(operationOf(putOf('a'), { client: app, arrivedAt: 9_000 }))?.outcome, 'not-applied')
})

test('over a long time exactly the rate gets through', () => {
  const limiter = new RateLimiter(10)
  let admitted = 0
  for (let ms = 0; ms < 60_000; ms++) if (limiter.take('a', { requestsPerSecond: 50, burst: 5 }, ms) === 0) admitted++
  assert.ok(Math.abs(admitted - 3_004) <= 1, `${admitted}`)
})

test('clients without a quota have none, and clients do not share', () => {
  const admission = admissionWith(1, 1)
  const other: Client = { name: 'other', roles: new Roles(['read']) }
  assert.equal(admission.admit(operationOf(get, { client: app })), undefined)
  assert.equal(admission.admit(operationOf(get, { client: app }))?.code, 'rate-limited')
  for (let i = 0; i < 100; i++) assert.equal(admission.admit(operationOf(get, { client: other })), undefined)
  admission.reload({ rates: new Map([['other', { requestsPerSecond: 1, burst: 1 }]]) })
  assert.equal(admission.admit(operationOf(get, { client: app })), undefined)
  assert.equal(admission.admit(operationOf(get, { client: other })), undefined)
  assert.equal(admission.admit(operationOf(get, { client: other }))?.code, 'rate-limited')
})

test('names are bounded: recent ones are kept, old ones forgotten in their favour', () => {
  const limiter = new RateLimiter(100)
  const rate = { requestsPerSecond: 1, burst: 1 }
  assert.equal(limiter.take('steady', rate, 0), 0)
  for (let i = 0; i < 1_000; i++) {
    assert.equal(limiter.take(`stranger${i}`, rate, 0), 0)
    assert.equal(limiter.take('steady', rate, 0), 1_000, `forgotten after ${i} others`)
  }
  assert.equal(limiter.take('stranger0', rate, 0), 0)
})

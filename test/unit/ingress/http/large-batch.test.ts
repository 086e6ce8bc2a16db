import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fixture } from '../../../support/http-fixture.ts'
import { encode } from '../../../support/raw-http.ts'

const gets = (keys: readonly string[]): string => JSON.stringify({ ops: keys.map((key) => ({ op: 'get', key })) })

test('a large batch is answered in slices, between which others get their turn', () =>
  Fixture.run(async (fixture) => {
    const value = { text: 'ü'.repeat(150_000) }
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`)
    for (const key of keys) fixture.dispatcher.put(key, JSON.stringify(value), 'application/json')
    const [large, small] = [await fixture.connect(), await fixture.connect()]
    large.send(encode('POST', '/v1/batch', { body: gets(keys) }))
    const whole = large.answer()
    await fixture.until(() => fixture.dispatcher.seen.length === 1)
    assert.equal(fixture.requests.length, 0, 'it is not answered in the turn it came in')
    assert.equal((await small.call('GET', '/v1/records/none')).status, 404)
    assert.equal(fixture.requests[0]!.kind, 'get', 'who came later and asked for little was first')
    const answer = await whole
    const { results, token } = answer.json()
    assert.equal(token, answer.headers.get('headgate-token'))
    assert.deepEqual(
      results.map((result: { key: string }) => result.key),
      keys,
    )
    for (const result of results) assert.deepEqual(result.value, value)
    assert.deepEqual(
      fixture.requests.map(({ kind, status }) => `${kind} ${status}`),
      ['get 404', 'batch 200'],
    )
  }))

test('values of every sort and size keep their places and their bytes', () =>
  Fixture.run(async (fixture) => {
    const values: [contentType: string, value: string | Buffer][] = [
      ['application/json', '{\r\n  "a": [1,\n2]\r\n}'],
      ['application/json', `"${'x'.repeat(400_000)}"`],
      ['application/json', '{broken'],
      ['application/problem+json; charset=utf-8', 'null'],
      ['application/json', Buffer.of(0x22, 0xff, 0x22)],
      ['text/plain', 'plain'],
      ['image/x', Buffer.alloc(300_001, 7)],
      ['application/json', ''],
      ['image/x', Buffer.alloc(0)],
      ['application/json', `"${'y'.repeat(20_000)}"`],
    ]
    for (const [i, [type, value]] of values.entries()) fixture.dispatcher.put(`k${i}`, value, type)
    const http = await fixture.connect()
    const keys = [...values.keys()].map((i) => `k${i}`)
    const answer = await http.call('POST', '/v1/batch', { body: gets([...keys, 'absent']) })
    assert.ok(!answer.text().trimEnd().includes('\n'), 'one line')
    const { results } = answer.json()
    assert.equal(results.length, values.length + 1)
    assert.equal(results.at(-1).status, 404)
    for (const [i, [contentType, value]] of values.entries()) {
      const result = results[i]
      assert.deepEqual([result.key, result.contentType], [keys[i], contentType])
      const isValue = [0, 1, 3, 9].includes(i)
      if (isValue) assert.deepEqual(result.value, JSON.parse(value.toString()))
      else assert.equal(result.valueBase64, Buffer.from(value).toString('base64'))
      assert.equal('value' in result, isValue)
    }
  }))

test('a client that goes away in the middle of its large answer ends the work on it', () =>
  Fixture.run(async (fixture) => {
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`)
    for (const key of keys) fixture.dispatcher.put(key, JSON.stringify('z'.repeat(300_000)), 'application/json')
    const http = await fixture.connect()
    http.send(encode('POST', '/v1/batch', { body: gets(keys) }))
    await fixture.until(() => fixture.dispatcher.seen.length === 1)
    http.destroy()
    await fixture.until(() => fixture.requests.length === 1)
    assert.equal(fixture.ingress.output.bytesWritten, 0)
  }))

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEgress } from '../../../../src/ingress/egress.ts'
import { systemRuntime } from '../../../../src/runtime/runtime.ts'
import { Fixture } from '../../../support/http-fixture.ts'
import { encode, type RawHttp } from '../../../support/raw-http.ts'

const large = 'x'.repeat(300_000)
const put = (key: string, body: string): Buffer => encode('PUT', `/v1/records/${key}`, { body })

/** The turns of costly connections come when the test says so. */
function heldTurns() {
  const tasks: (() => void)[] = []
  const timers = { ...systemRuntime.timers, soon: (task: () => void) => void tasks.push(task) }
  const limits = { hardBytes: 2 ** 23, totalBytes: 2 ** 28 }
  return {
    egress: createEgress({ ...systemRuntime, timers }, limits),
    get waiting() {
      return tasks.length > 0
    },
    turn: () => {
      for (const task of tasks.splice(0)) task()
    },
  }
}

/** A client that has sent a large body, which waits for its turn. */
const waiting = (test: (fixture: Fixture, http: RawHttp, turns: ReturnType<typeof heldTurns>) => Promise<void>) => {
  const turns = heldTurns()
  return Fixture.run(
    async (fixture) => {
      const http = await fixture.connect()
      http.send(put('large', large))
      await fixture.until(() => turns.waiting)
      assert.equal(fixture.dispatcher.seen.length, 0)
      await test(fixture, http, turns)
    },
    {},
    { egress: turns.egress },
  )
}

test('a request with a large body takes a turn of its own; others and small ones are served meanwhile', () =>
  waiting(async (fixture, http, turns) => {
    const other = await fixture.connect()
    assert.equal((await other.call('PUT', '/v1/records/small', { body: 'y' })).status, 201)
    assert.equal(fixture.dispatcher.seen.length, 1)
    turns.turn()
    assert.equal((await http.answer()).status, 201)
    assert.equal(Buffer.from(fixture.lastBody('put').value).toString(), large)
    assert.equal((await http.call('PUT', '/v1/records/small', { body: 'z' })).status, 204, 'and goes on as before')
  }))

test('requests behind a large body keep their places', () =>
  waiting(async (fixture, http, turns) => {
    http.send(put('small', 'y'))
    http.send(encode('GET', '/v1/records/large'))
    turns.turn()
    for (let i = 0; i < 2; i++) assert.equal((await http.answer()).status, 201)
    assert.equal((await http.answer()).text(), large)
    assert.deepEqual(
      fixture.dispatcher.seen.map(({ body }) => body.kind),
      ['put', 'put', 'get'],
    )
  }))

test('the time that a whole request waits is not held against its sender', () =>
  waiting(async (fixture, http, turns) => {
    fixture.pass(15_000)
    turns.turn()
    assert.equal((await http.answer()).status, 201)
  }))

test('a client that has sent its whole request may end its side while that waits', () =>
  waiting(async (fixture, http, turns) => {
    http.socket.end()
    const other = await fixture.connect()
    for (let i = 0; i < 3; i++) assert.equal((await other.call('GET', '/v1/records/none')).status, 404)
    turns.turn()
    assert.equal((await http.answer()).status, 201)
    await http.closed()
  }))

test('a client that is gone before the turn of its large body does not have it executed', () =>
  waiting(async (fixture, http, turns) => {
    const kept = fixture.openConnections
    http.socket.resetAndDestroy()
    await fixture.until(() => fixture.openConnections === kept - 1)
    turns.turn()
    const other = await fixture.connect()
    assert.equal((await other.call('GET', '/v1/records/large')).status, 404)
    assert.deepEqual(
      fixture.dispatcher.seen.map(({ body }) => body.kind),
      ['get'],
    )
  }))

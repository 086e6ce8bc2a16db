import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GatewayError } from '../../../src/errors.ts'
import { AnswerRoom, type Guest } from '../../../src/ingress/answer-room.ts'
import { type Runtime, systemRuntime } from '../../../src/runtime/runtime.ts'
import { Fixture } from '../../support/http-fixture.ts'
import { encode } from '../../support/raw-http.ts'

const MiB = 1024 * 1024

/** A room of 100 bytes in which time passes when the test says so. */
function room() {
  const soon: (() => void)[] = []
  const periodic = new Set<() => void>()
  let now = 0
  const runtime: Runtime = {
    ...systemRuntime,
    clock: { now: () => now, wallMs: () => now },
    timers: {
      ...systemRuntime.timers,
      soon: (task) => void soon.push(task),
      every: (_period, task) => {
        periodic.add(task)
        return { cancel: () => periodic.delete(task) }
      },
    },
  }
  const events: string[] = []
  const guest = (name: string, roomBytes: number, extra: Partial<Guest> = {}): Guest => ({
    roomBytes,
    waitingBytes: 0,
    deadline: 1000,
    gone: false,
    enter: () => events.push(`${name} enters`),
    refuse: (error: GatewayError) => events.push(`${name} ${error.reason ?? error.code}`),
    ...extra,
  })
  const turn = (): void => {
    for (const task of soon.splice(0)) task()
  }
  const pass = (ms: number): void => {
    now += ms
    for (const task of [...periodic]) task()
  }
  return { room: new AnswerRoom(runtime, 100), events, guest, turn, pass, periodic }
}

test('who finds no room waits until there is some, the one that asks for least first', () => {
  const { room: it, events, guest, turn, periodic } = room()
  assert.ok(it.admit(guest('a', 60)))
  for (const [name, bytes] of [
    ['b', 50],
    ['c', 80],
    ['d', 45],
    ['e', 50],
  ] as const) {
    assert.ok(!it.admit(guest(name, bytes)), name)
  }
  assert.ok(it.admit(guest('f', 40)), 'less than those that wait: it takes nothing from them that they could have')
  assert.deepEqual([it.heldBytes, it.waiting], [100, 4])
  it.leave(60)
  assert.deepEqual(events, [], 'in a turn of their own')
  turn()
  assert.deepEqual(events, ['d enters'])
  it.leave(40)
  turn()
  assert.deepEqual(events, ['d enters', 'b enters'])
  it.resize(45, 5)
  turn()
  assert.deepEqual(events.slice(2), [], 'room that an answer did not need, and still too little')
  it.leave(5)
  turn()
  assert.deepEqual(events.slice(2), ['e enters'])
  it.leave(50)
  it.leave(50)
  turn()
  assert.deepEqual([events[3], it.heldBytes, it.waiting, periodic.size], ['c enters', 80, 0, 0])
})

test('what is larger than the room is made when nobody else is in it', () => {
  const { room: it, events, guest, turn } = room()
  assert.ok(it.admit(guest('a', 10)))
  assert.ok(!it.admit(guest('b', 500)))
  it.leave(10)
  turn()
  assert.deepEqual([events, it.heldBytes, it.full], [['b enters'], 500, true])
})

test('who waits for too long or goes away is turned away, whether or not room becomes free', () => {
  const { room: it, events, guest, pass } = room()
  it.admit(guest('a', 100))
  it.admit(guest('late', 10, { deadline: 80 }))
  let gone = false
  const leaving = guest('gone', 10)
  it.admit(Object.defineProperty(leaving, 'gone', { get: () => gone }))
  it.admit(guest('patient', 10))
  pass(50)
  assert.deepEqual(events, [])
  gone = true
  pass(50)
  assert.deepEqual([events, it.waiting], [['gone abandoned', 'late deadline'], 1])
})

test('too many that wait, or too much: who asks for most is refused', () => {
  const { room: it, events, guest } = room()
  it.admit(guest('a', 100))
  it.admit(guest('greedy', 99))
  for (let i = 0; i < 256; i++) it.admit(guest(`g${i}`, 10 + (i % 5)))
  assert.deepEqual([events, it.waiting], [['greedy backlog'], 256])
  it.admit(guest('greedier', 99))
  assert.deepEqual([events[1], it.waiting], ['greedier backlog', 256])
  it.admit(guest('small', 5, { waitingBytes: 10 * MiB }))
  it.admit(guest('smaller', 4, { waitingBytes: 10 * MiB }))
  assert.deepEqual([it.waiting, events.at(-1)], [1, 'small backlog'])
})

const gets = (count: number): string =>
  JSON.stringify({ ops: Array.from({ length: count }, (_, i) => ({ op: 'get', key: `k${i}` })) })

test('large batches of many connections are not all in memory at once, and all are answered', () =>
  Fixture.run(
    async (fixture) => {
      const { dispatcher, ingress } = fixture
      for (let i = 0; i < 8; i++) dispatcher.put(`k${i}`, Buffer.alloc(MiB, i), 'image/x')
      const clients = await Promise.all(Array.from({ length: 9 }, () => fixture.connect()))
      let most = 0
      let under = 0
      dispatcher.answerWith = () => {
        under = Math.max(under, dispatcher.seen.length - fixture.requests.length)
        most = Math.max(most, ingress.room.heldBytes)
        return undefined
      }
      const body = gets(8)
      for (const http of clients)
        http.send(encode('POST', '/v1/batch', { body, headers: { 'Headgate-Timeout': '60s' } }))
      for (const http of clients) {
        const answer = await http.answer()
        assert.equal(answer.status, 200)
        assert.equal(answer.json().results.length, 8)
      }
      assert.ok(under <= 6, `${under} at once`)
      assert.ok(most <= 64 * MiB, `${most} bytes`)
      assert.deepEqual([ingress.room.heldBytes, ingress.room.waiting], [0, 0])
    },
    { timeoutMs: 60_000 },
  ))

test('pages wait for room too, writes alone do not, and who leaves gives room and place back', () =>
  Fixture.run(
    async (fixture) => {
      const { dispatcher, ingress } = fixture
      dispatcher.put('k0', 'v')
      dispatcher.holding = true
      const clients = await Promise.all(Array.from({ length: 8 }, () => fixture.connect()))
      for (const http of clients) http.send(encode('GET', '/v1/records'))
      await fixture.until(() => ingress.room.waiting === 3)
      assert.equal(dispatcher.seen.length, 5, 'as many as there would be room for if each were as large as it may be')
      const other = await fixture.connect()
      other.send(encode('POST', '/v1/batch', { body: '{"ops":[{"op":"put","key":"a","value":1}]}' }))
      await fixture.until(() => dispatcher.seen.length === 6)
      clients.pop()!.destroy()
      await fixture.until(() => {
        fixture.pass(50)
        return ingress.room.waiting === 2
      })
      dispatcher.holding = false
      for (let i = 0; i < 6; i++) dispatcher.release()
      for (const http of clients) assert.equal((await http.answer()).status, 200)
      assert.equal((await other.answer()).status, 200)
      assert.deepEqual([ingress.room.heldBytes, ingress.room.waiting], [0, 0])
    },
    { queryTimeoutMs: 60_000, timeoutMs: 60_000 },
  ))

test('a query is refused while there is no room, before it is asked and after', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher, ingress } = fixture
    const http = await fixture.connect()
    ingress.room.resize(0, 64 * MiB)
    const before = await http.call('POST', '/v1/query', { body: '{}' })
    assert.deepEqual([before.status, before.json().reason, dispatcher.seen.length], [503, 'backlog', 0])
    ingress.room.leave(64 * MiB)
    const rows = Array.from({ length: 400 }, (_, i) => ({ key: Buffer.of(i), sort: Buffer.alloc(0), json: '"x"' }))
    dispatcher.answerWith = () => {
      ingress.room.resize(0, 64 * MiB)
      return { kind: 'query', partial: { kind: 'rows', rows, bytes: 0 }, positions: [] }
    }
    const after = await http.call('POST', '/v1/query', { body: '{"limit":400}' })
    assert.deepEqual([after.status, after.json().reason, dispatcher.seen.length], [503, 'backlog', 1])
    ingress.room.leave(64 * MiB)
  }))

test('rows that wait for their reader count as held for the client, and no longer once they are gone', () =>
  Fixture.run(async (fixture) => {
    const { dispatcher, ingress } = fixture
    const rows = Array.from({ length: 900 }, (_, i) => {
      return { key: Buffer.from(String(i)), sort: Buffer.alloc(0), json: JSON.stringify('z'.repeat(10_000)) }
    })
    dispatcher.answerWith = () => ({ kind: 'query', partial: { kind: 'rows', rows, bytes: 0 }, positions: [] })
    const http = await fixture.connect()
    http.socket.pause()
    http.send(encode('POST', '/v1/query', { body: '{"limit":900}', headers: { Accept: 'application/x-ndjson' } }))
    const { late } = ingress.output
    await fixture.until(() => late.bytes >= 9_000_000)
    http.socket.resume()
    assert.equal((await http.answer()).text().trimEnd().split('\n').length, 901)
    await fixture.until(() => late.bytes === 0)
  }))

test('who is refused may ask again at once, and others may then have to go', () => {
  const { room: it, events, guest, pass } = room()
  assert.ok(it.admit(guest('a', 100)))
  const again = (name: string): void => {
    events.push(`${name} late`)
    it.admit(guest(`${name} again`, 10, { waitingBytes: 15 * MiB }))
  }
  for (const name of ['b', 'c', 'd']) {
    it.admit(guest(name, 50, { waitingBytes: MiB, deadline: 100, refuse: () => again(name) }))
  }
  it.admit(guest('e', 60, { waitingBytes: 3 * MiB }))
  pass(100)
  // Each of them brings 15 MiB, and 16 MiB may wait: whoever asks for most goes, and of those the last.
  assert.deepEqual(events, ['d late', 'e backlog', 'c late', 'c again backlog', 'b late', 'b again backlog'])
  assert.equal(it.waiting, 1)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import { seededRandom } from '../../../../src/runtime/random.ts'
import { RespSessions } from '../../../support/resp-session.ts'

test('replies keep the order of the commands, whatever order the answers come in', async () => {
  const sessions = new RespSessions({ mode: 'deferred' })
  const client = sessions.open()
  const setup = sessions.open()
  sessions.dispatcher.mode = 'sync'
  setup.line('MSET a 1 b 2 c 3')
  sessions.dispatcher.mode = 'deferred'
  assert.equal(client.send('GET a\nPING\nGET b\nNOPE\nGET c\n'), '')
  sessions.dispatcher.deliver(2)
  assert.equal(await client.heard(), '')
  sessions.dispatcher.deliver(0)
  assert.equal(await client.heard(), '$1\r\n1\r\n+PONG\r\n')
  sessions.dispatcher.deliver(0)
  assert.match(await client.heard(), /^\$1\r\n2\r\n-ERR unknown command 'NOPE'[^\r]*\r\n\$1\r\n3\r\n$/)
})

test('random orders of answers, errors among them', async () => {
  const random = seededRandom(7)
  const sessions = new RespSessions({ mode: 'deferred', settings: { pipelineDepth: 1000 } })
  const client = sessions.open()
  let expected = ''
  let heard = ''
  for (let i = 0; i < 400; i++) {
    const failing = random.integer(5) === 0
    if (failing) sessions.dispatcher.failures.set('put', new GatewayError('unavailable', `nobody ${i}`))
    else sessions.dispatcher.failures.clear()
    heard += client.send(`SET k${i} v\nECHO ${i}\n`)
    expected += failing ? `-ERR unavailable nobody ${i}\r\n` : '+OK\r\n'
    expected += `$${String(i).length}\r\n${i}\r\n`
    while (sessions.dispatcher.pending.length > random.integer(12)) sessions.dispatcher.deliverAny()
    if (random.integer(10) === 0) heard += await client.heard()
  }
  sessions.dispatcher.deliverAll()
  heard += client.socket.taken() + (await client.heard())
  assert.equal(heard, expected)
})

test('a value that has to wait is a copy', async () => {
  const sessions = new RespSessions()
  const client = sessions.open()
  client.line('SET a first')
  sessions.dispatcher.mode = 'deferred'
  client.send('SET b 1\nGET a\n')
  sessions.dispatcher.deliver(1)
  sessions.dispatcher.mode = 'sync'
  sessions.open().line('SET a other')
  sessions.dispatcher.deliver(0)
  assert.equal(await client.heard(), '+OK\r\n$5\r\nfirst\r\n')
})

test('an error is written in the words of its kind', () => {
  const sessions = new RespSessions()
  const client = sessions.open()
  const shed = new GatewayError('overloaded', 'busy', { reason: 'queue-full', retryAfterMs: 12.2 })
  const cases: readonly (readonly [GatewayError, string])[] = [
    [shed, 'OVERLOADED reason=queue-full retry-after-ms=13'],
    [
      new GatewayError('rate-limited', 'slow down', { reason: 'rate', retryAfterMs: 5 }),
      'OVERLOADED reason=rate retry-after-ms=5',
    ],
    [new GatewayError('deadline', 'late', { outcome: 'unknown' }), 'TIMEOUT outcome=unknown'],
    [new GatewayError('deadline', 'late'), 'TIMEOUT outcome=not-applied'],
    [new GatewayError('forbidden', 'no'), "NOPERM this user has no permissions to run the 'get' command"],
    [
      new GatewayError('unavailable', 'Nobody leads\r\nshard 1.', { outcome: 'unknown' }),
      'ERR unavailable Nobody leads  shard 1. outcome=unknown',
    ],
  ]
  for (const [error, text] of cases) {
    sessions.dispatcher.failures.set('get', error)
    assert.equal(client.line('GET a'), `-${text}\r\n`)
  }
})

test('a session reads what it has seen: its token grows with the answers', () => {
  const sessions = new RespSessions()
  sessions.dispatcher.recording = true
  const client = sessions.open()
  client.line('GET a')
  assert.equal(sessions.dispatcher.seen[0]?.token, undefined)
  client.line('SET a 1')
  assert.equal(sessions.dispatcher.seen[1]?.token, undefined, 'a write goes to the leader')
  client.line('GET a')
  assert.deepEqual(sessions.dispatcher.seen[2]?.token, [{ shard: 1, history: 1, epoch: 1, index: 1 }])
  client.line('GET a')
  assert.equal(sessions.dispatcher.seen[3]?.token, sessions.dispatcher.seen[2]?.token, 'nothing new, nothing made')
  sessions.open().line('GET a')
  assert.equal(sessions.dispatcher.seen[4]?.token, undefined, 'sessions do not share')
  sessions.dispatcher.failures.set('get', new GatewayError('history-changed', 'lost'))
  client.line('GET a')
  sessions.dispatcher.failures.clear()
  client.line('GET a')
  assert.equal(sessions.dispatcher.seen[6]?.token, undefined, 'a lost history is forgotten')
})

test('answers are counted by kind, with the time from arrival', async () => {
  const sessions = new RespSessions()
  const client = sessions.open()
  client.send('GET a\nSET a 1\nGET a\nPING\n')
  assert.deepEqual(sessions.batches.splice(0), [
    { kind: 'read', count: 2, ms: 0 },
    { kind: 'write', count: 1, ms: 0 },
  ])
  sessions.dispatcher.mode = 'deferred'
  client.send('GET a\nGET b\n')
  sessions.runtime.advance(5)
  client.send('SET c 1\n')
  sessions.runtime.advance(5)
  sessions.dispatcher.deliverAll()
  await client.heard()
  const counted = sessions.batches.map(({ kind, count, ms }) => `${count} ${kind} ${ms}`).sort()
  assert.deepEqual(
    counted.filter((text) => text.includes('write')),
    ['1 write 5'],
  )
  assert.equal(
    sessions.batches.filter(({ kind }) => kind === 'read').reduce((sum, { count }) => sum + count, 0),
    2,
  )
})

test('errors are told by kind, code and shed reason, and are in no batch', async () => {
  const sessions = new RespSessions({ settings: { mergeBudgetBytes: 400, splitMset: true } })
  const { dispatcher, batches, errors } = sessions
  const client = sessions.open()
  for (let i = 0; i < 40; i++) client.ask('SET', `key:${i}`, 'v')
  batches.length = 0
  dispatcher.failures.set('get', new GatewayError('overloaded', 'full', { reason: 'queue-full' }))
  dispatcher.failures.set('modify', new GatewayError('not-an-integer', 'no'))
  client.send('GET a\nSET a 1\nINCR a\nKEYS *\nNOPE\nSET a\n')
  assert.deepEqual(errors.splice(0), [
    ['read', 'overloaded', 'queue-full'],
    ['write', 'not-an-integer'],
    ['read', 'result-too-large'],
  ])
  assert.deepEqual(batches.splice(0), [{ kind: 'write', count: 1, ms: 0 }])
  assert.equal(client.line('MSETNX a 1 b 2'), ':0\r\n')
  assert.deepEqual([errors, batches.splice(0)], [[], [{ kind: 'write', count: 1, ms: 0 }]], 'that is an answer')
  const part = new GatewayError('unavailable', 'nobody', { outcome: 'not-applied' })
  const parts = { kind: 'batch', results: [part], watchFailed: false, replayed: false, positions: [] } as const
  dispatcher.dispatch = (operation, handler) => {
    handler.onReply(operation, parts)
    return true
  }
  assert.equal(client.line('MSET a 1 b 2'), '-ERR unavailable nobody outcome=not-applied\r\n')
  assert.deepEqual([errors, batches], [[['write', 'unavailable']], []])
})

test('an error before its turn is counted once and keeps its place', async () => {
  const sessions = new RespSessions({ mode: 'deferred' })
  const client = sessions.open()
  sessions.dispatcher.failures.set('put', new GatewayError('deadline', 'late', { outcome: 'unknown' }))
  client.send('GET a\nSET a 1\n')
  sessions.dispatcher.deliver(1)
  sessions.dispatcher.deliver(0)
  assert.equal(await client.heard(), '$-1\r\n-TIMEOUT outcome=unknown\r\n')
  assert.deepEqual(sessions.errors, [['write', 'deadline']])
  assert.deepEqual(sessions.batches, [{ kind: 'read', count: 1, ms: 0 }])
})

test('answers for a client that is gone are dropped', async () => {
  const sessions = new RespSessions({ mode: 'deferred' })
  const client = sessions.open()
  client.send('GET a\nKEYS *\nGET b\n')
  const origin = sessions.dispatcher.pending[0]?.operation.origin
  assert.equal(origin?.gone, false)
  client.close()
  assert.equal(origin?.gone, true)
  sessions.dispatcher.deliverAll()
  assert.equal(await client.heard(), '')
})

/** Whether anything that can be reached from `root` is a view of memory of this size. */
function refersTo(root: unknown, memoryBytes: number): boolean {
  const seen = new Set<unknown>()
  const ahead: unknown[] = [root]
  for (let next = ahead.pop(); ahead.length > 0 || next !== undefined; next = ahead.pop()) {
    if (typeof next !== 'object' || next === null || seen.has(next)) continue
    seen.add(next)
    if (ArrayBuffer.isView(next)) {
      if (next.buffer.byteLength === memoryBytes) return true
    } else ahead.push(...Object.values(next))
  }
  return false
}

test('an answered connection refers to nothing it received', async () => {
  const chunkBytes = 50_021
  const set = `*3\r\n$3\r\nSET\r\n$1\r\na\r\n$4000\r\n${'v'.repeat(4000)}\r\n`
  const commands = `${set.repeat(5)}GET a\nMSET a 1 b 2\nSETEX c 10 v\nMGET a b\n`
  for (const mode of ['sync', 'deferred'] as const) {
    const sessions = new RespSessions({ mode })
    const client = sessions.open()
    const chunk = Buffer.from(`${commands}ECHO ${'x'.repeat(chunkBytes - commands.length - 6)}\n`)
    assert.equal(chunk.buffer.byteLength, chunkBytes)
    client.socket.emit('data', chunk)
    assert.equal(refersTo(client.connection, chunkBytes), mode === 'deferred', 'the search finds what is there')
    while (sessions.dispatcher.pending.length > 0) sessions.dispatcher.deliver()
    await client.heard()
    assert.equal(refersTo(client.connection, chunkBytes), false, mode)
  }
})

const late = new GatewayError('deadline', 'late', { outcome: 'unknown' })

test('what a store may still be at work for does not change when its client goes on', async () => {
  const sessions = new RespSessions({ mode: 'deferred' })
  const { pending } = sessions.dispatcher
  const client = sessions.open()
  client.send('GET first\nMGET a b\nSET c 1\n')
  const lent = pending.splice(0)
  const before = lent.map(({ operation }) => ({ operation, body: operation.body, deadline: operation.deadline }))
  // Out of turn and in turn.
  for (const place of [1, 0, 2]) lent[place]!.handler.onError(lent[place]!.operation, late)
  assert.equal(await client.heard(), '-TIMEOUT outcome=unknown\r\n'.repeat(3))
  sessions.runtime.advance(100)
  client.send('GET x\nGET y\nGET z\nGET w\n')
  for (const { operation, body, deadline } of before) {
    assert.equal(operation.deadline, deadline)
    assert.equal(operation.body, body)
    assert.ok(pending.every((next) => next.operation !== operation))
  }
  sessions.dispatcher.deliverAll()
  assert.equal(await client.heard(), '$-1\r\n'.repeat(4))
})

test('one shard of several that failed leaves the others at work', () => {
  const sessions = new RespSessions({ mode: 'deferred' })
  const { pending } = sessions.dispatcher
  const client = sessions.open()
  client.send('MGET a b\n')
  const [{ operation, handler }] = pending.splice(0) as [(typeof pending)[0]]
  const { deadline } = operation
  handler.onError(operation, new GatewayError('overloaded', 'busy', { reason: 'queue-full', retryAfterMs: 1 }))
  sessions.runtime.advance(100)
  client.send('GET x\n')
  assert.equal(operation.deadline, deadline)
})

test('an operation that fails before its dispatch returns holds nobody back', async () => {
  const sessions = new RespSessions({ mode: 'deferred' })
  const client = sessions.open()
  const { dispatcher } = sessions
  client.send('GET a\n')
  const dispatch = dispatcher.dispatch.bind(dispatcher)
  dispatcher.failures.set('put', late)
  dispatcher.mode = 'sync'
  dispatcher.dispatch = (operation, handler) => {
    dispatch(operation, handler)
    return false
  }
  client.send('SET a 1\nPING\n')
  assert.equal(client.socket.paused, false)
  dispatcher.deliver()
  assert.equal(await client.heard(), '$-1\r\n-TIMEOUT outcome=unknown\r\n+PONG\r\n')
})

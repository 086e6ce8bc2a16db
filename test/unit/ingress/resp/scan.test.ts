import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cursorIdleMs, maxCursors, ScanCursors } from '../../../../src/ingress/resp/scan-cursors.ts'
import { respSettings } from '../../../support/resp-harness.ts'
import { type RespSession, RespSessions } from '../../../support/resp-session.ts'
import { parseReply } from '../../../support/resp-value.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

const invalidCursor = '-ERR invalid cursor\r\n'

function scan(client: RespSession, cursor: string, options = ''): { cursor: string; keys: string[] } {
  const [next, keys] = parseReply(client.line(`SCAN ${cursor} ${options}`.trim())).elements
  return { cursor: next!.text, keys: keys!.elements.map(({ text }) => text) }
}

function scanAll(client: RespSession, options = '', betweenPages = () => {}): string[] {
  const found: string[] = []
  let page = scan(client, '0', options)
  for (;;) {
    found.push(...page.keys)
    if (page.cursor === '0') return found
    assert.match(page.cursor, /^[1-9][0-9]{0,15}$/)
    betweenPages()
    page = scan(client, page.cursor, options)
  }
}

function filled(count: number): { sessions: RespSessions; client: RespSession } {
  const sessions = new RespSessions()
  const client = sessions.open()
  for (let i = 0; i < count; i++) client.ask('SET', `key:${String(i).padStart(3, '0')}`, 'v')
  return { sessions, client }
}

test('SCAN visits every key once when nothing changes', () => {
  const { client } = filled(95)
  const every = Array.from({ length: 95 }, (_, i) => `key:${String(i).padStart(3, '0')}`)
  assert.deepEqual(scanAll(client), every)
  assert.deepEqual(scanAll(client, 'COUNT 7'), every)
  assert.deepEqual(scanAll(client, 'COUNT 1000000'), every)
  assert.deepEqual(scanAll(client, 'TYPE string COUNT 50'), every)
  assert.deepEqual(scanAll(client, 'TYPE hash'), [])
  assert.deepEqual(
    scanAll(client, 'MATCH key:01* COUNT 3'),
    every.filter((key) => key.startsWith('key:01')),
  )
  assert.deepEqual(
    scanAll(client, 'MATCH *7'),
    every.filter((key) => key.endsWith('7')),
  )
})

test('SCAN returns what was there throughout, whatever comes and goes', () => {
  const { client } = filled(60)
  let round = 0
  const found = scanAll(client, 'COUNT 4', () => {
    client.ask('DEL', `key:${String(round * 2 + 1).padStart(3, '0')}`)
    client.ask('SET', `key:${String(round).padStart(3, '0')}x`, 'v')
    round++
  })
  for (let i = 0; i < 60; i += 2) assert.ok(found.includes(`key:${String(i).padStart(3, '0')}`), `key ${i}`)
})

test('a pattern with a literal beginning reads no other keys', () => {
  const { sessions, client } = filled(3)
  sessions.dispatcher.recording = true
  scan(client, '0', 'MATCH key:\\0*')
  client.ask('KEYS', 'ab\xff\xff?')
  client.ask('KEYS', '\xff*')
  client.ask('KEYS', '*')
  const ranges = sessions.dispatcher.seen.map(({ body }) => (body.kind === 'scan' ? body.range : undefined))
  const bound = (text: string, inclusive: boolean) => ({ key: new Uint8Array(Buffer.from(text, 'latin1')), inclusive })
  const plain = ranges.map((range) => ({
    ...(range?.lower ? { lower: { ...range.lower, key: new Uint8Array(range.lower.key) } } : {}),
    ...(range?.upper ? { upper: { ...range.upper, key: new Uint8Array(range.upper.key) } } : {}),
  }))
  assert.deepEqual(plain, [
    { lower: bound('key:0', true), upper: bound('key:1', false) },
    { lower: bound('ab\xff\xff', true), upper: bound('ac', false) },
    { lower: bound('\xff', true) },
    {},
  ])
})

test('a cursor works once more after its answer was lost, and not when it is stale', () => {
  const { client } = filled(50)
  const first = scan(client, '0').cursor
  const second = scan(client, first)
  assert.deepEqual(scan(client, first).keys, second.keys)
  const third = scan(client, second.cursor)
  assert.equal(client.line(`SCAN ${first}`), invalidCursor)
  assert.deepEqual(scan(client, third.cursor, 'MATCH a*'), { cursor: '0', keys: [] }, 'nothing can follow')
})

test('cursors nobody gave out are refused', () => {
  const { client } = filled(50)
  for (const cursor of ['1', '99', '-1', '18446744073709551616', 'x', '1x', ' 0', '0 ', '']) {
    if (cursor === '') assert.match(client.ask('SCAN', cursor), /^\*2/, 'Redis takes it for 0')
    else assert.equal(client.ask('SCAN', cursor), invalidCursor, cursor)
  }
  assert.equal(client.line('SCAN 5 COUNT 0'), '-ERR syntax error\r\n')
  assert.equal(client.line('SCAN 5 COUNT x'), '-ERR value is not an integer or out of range\r\n')
  assert.equal(client.line('SCAN 0 FOO'), '-ERR syntax error\r\n')
  assert.equal(client.line('SCAN 0 MATCH'), '-ERR syntax error\r\n')
})

test('idle cursors are forgotten, and a full table forgets the one unused for longest', () => {
  const runtime = new VirtualRuntime()
  const cursors = new ScanCursors(runtime)
  const key = new Uint8Array([1])
  const early = cursors.add(key, undefined)
  runtime.advance(cursorIdleMs - 1)
  const late = cursors.add(key, undefined)
  runtime.advance(1)
  assert.equal(cursors.find(early), undefined)
  assert.equal(cursors.find(late), key)
  const ids = Array.from({ length: maxCursors - 1 }, () => cursors.add(key, undefined))
  assert.equal(cursors.size, maxCursors)
  assert.equal(cursors.find(late), key, 'used again')
  cursors.add(key, undefined)
  assert.equal(cursors.size, maxCursors)
  assert.equal(cursors.find(ids[0]!), undefined)
  assert.equal(cursors.find(late), key)
})

test('KEYS gathers all pages', async () => {
  const { client } = filled(2500)
  const reply = client.line('KEYS *') + (await client.heard())
  assert.equal(parseReply(reply).elements.length, 2500)
  const few = client.line('KEYS key:[01]?5') + (await client.heard())
  assert.equal(parseReply(few).elements.length, 20)
})

test('each page of a KEYS has its own time, and others are answered between them', async () => {
  const { sessions, client } = filled(1500)
  sessions.dispatcher.recording = true
  sessions.dispatcher.mode = 'deferred'
  client.send('KEYS *\n')
  sessions.dispatcher.deliver()
  sessions.runtime.advance(5000)
  sessions.dispatcher.mode = 'sync'
  assert.equal(sessions.open().line('GET key:001'), '$1\r\nv\r\n')
  assert.equal(parseReply(await client.heard()).elements.length, 1500)
  const [first, get, second] = sessions.dispatcher.seen
  assert.deepEqual([first?.body.kind, get?.body.kind, second?.body.kind], ['scan', 'get', 'scan'])
  assert.equal(second!.deadline - first!.deadline, 5000)
})

test('KEYS refuses what is beyond its budget, and the connection goes on', async () => {
  const sessions = new RespSessions({ settings: { mergeBudgetBytes: 400 } })
  const client = sessions.open()
  for (let i = 0; i < 40; i++) client.ask('SET', `key:${i}`, 'v')
  assert.equal(
    client.line('KEYS *'),
    '-ERR result-too-large KEYS found more than limits.mergeBudget (400 bytes); use SCAN\r\n',
  )
  assert.equal(parseReply(client.line('KEYS key:1')).elements.length, 1)
  assert.equal(client.ask('KEYS', 'x'.repeat(1025)), '-ERR the pattern has 1025 bytes; the limit is 1024 bytes\r\n')
})

test('a pattern that is costly to compare gets its answer in more pages, and nothing is left out', async () => {
  const sessions = new RespSessions()
  const client = sessions.open()
  const names = Array.from({ length: 40 }, (_, i) => `${'a'.repeat(500 + i)}${i % 2 === 0 ? 'b' : ''}`)
  for (const name of names) client.ask('SET', name, 'v')
  const pattern = `${'*a'.repeat(150)}*${'?'.repeat(150)}b`
  const expected = names.filter((name) => name.endsWith('b')).sort()
  sessions.dispatcher.recording = true
  let pages = 0
  const found: string[] = []
  for (let cursor = '0'; cursor !== '0' || pages === 0; pages++) {
    const page = scan(client, cursor, `MATCH ${pattern} COUNT 1000`)
    found.push(...page.keys)
    cursor = page.cursor
  }
  assert.deepEqual(found, expected)
  assert.ok(pages > 2 && pages < 40, `${pages} pages`)
  sessions.dispatcher.seen.length = 0
  let reply = client.line(`KEYS ${pattern}`)
  for (let turn = 0; reply === '' && turn < 100; turn++) reply = await client.heard()
  assert.deepEqual(
    parseReply(reply).elements.map(({ text }) => text),
    expected,
  )
  assert.ok(sessions.dispatcher.seen.length > 2)
})

test('DBSIZE and RANDOMKEY', () => {
  const { client } = filled(0)
  assert.equal(client.line('DBSIZE'), ':0\r\n')
  assert.equal(client.line('RANDOMKEY'), '$-1\r\n')
  client.line('SET a 1')
  assert.equal(client.line('DBSIZE'), ':1\r\n')
  assert.equal(client.line('RANDOMKEY'), '$1\r\na\r\n')
})

test('DBSIZE has the time of a query: while much is not applied it looks at every key', () => {
  const { client, sessions } = filled(0)
  sessions.dispatcher.recording = true
  const begunAt = sessions.runtime.clock.now()
  client.line('DBSIZE')
  client.line('RANDOMKEY')
  const [size, random] = sessions.dispatcher.seen.slice(-2)
  assert.deepEqual(
    [size?.deadline, random?.deadline].map((deadline) => deadline! - begunAt),
    [respSettings.queryTimeoutMs, respSettings.timeoutMs],
  )
})

import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { HeadWriter } from '../../../../src/ingress/http/head-writer.ts'
import { LateClients } from '../../../../src/ingress/late-clients.ts'
import { Outbox } from '../../../../src/ingress/outbox.ts'
import { OutputPool } from '../../../../src/ingress/output-pool.ts'
import { etagOf } from '../../../../src/operation/record.ts'
import { formatToken, type Position, parseToken } from '../../../../src/operation/token.ts'
import { systemTimers } from '../../../../src/runtime/timers.ts'

function setUp() {
  const limits = { softBytes: 1 << 20, hardBytes: 1 << 23 }
  const pool = new OutputPool(systemTimers, limits, new LateClients(limits.hardBytes, 1 << 28))
  const written: Buffer[] = []
  const socket = { writable: true, writableLength: 0, write: (bytes: Buffer) => written.push(Buffer.from(bytes)) }
  const outbox = new Outbox(pool, socket as unknown as Socket)
  const clock = { wall: Date.UTC(2026, 10, 22, 3, 4, 5, 200), at: 50, now: () => clock.at, wallMs: () => clock.wall }
  const heads = new HeadWriter(clock, 'n1')
  const write = (fill: () => void): string => {
    heads.begin(outbox, 200, false)
    fill()
    heads.end()
    outbox.flush()
    return written.splice(0).join('')
  }
  return { heads, outbox, clock, write }
}

const whole = fc.nat({ max: Number.MAX_SAFE_INTEGER })

test('numbers come out as the formatters write them', () => {
  const { heads, write } = setUp()
  fc.assert(
    fc.property(whole, whole, fc.nat(5), fc.nat(1_000_000), (epoch, index, sub, length) => {
      const position: Position = { shard: sub + 1, history: length, epoch, index }
      const text = write(() => {
        heads.etag({ epoch, index, sub })
        heads.positions([position])
        heads.bucket(sub + 1)
        heads.contentLength(length)
      })
      assert.ok(text.includes(`\r\nETag: ${etagOf({ epoch, index, sub })}\r\n`))
      assert.ok(text.includes(`\r\nHeadgate-Shard: ${sub + 1}\r\n`))
      assert.ok(text.includes(`\r\nHeadgate-Token: ${formatToken([position])}\r\n`))
      assert.ok(text.includes(`\r\nHeadgate-Bucket: ${sub + 1}\r\n`))
      assert.ok(text.endsWith(`\r\nContent-Length: ${length}\r\n\r\n`))
    }),
    { numRuns: 500 },
  )
})

test('positions that come again, in any order and over several shards, are written as they are', () => {
  const { heads, write } = setUp()
  const known = [1, 2, 3].flatMap((shard) =>
    [7, 8].map((index): Position => ({ shard, history: 1, epoch: shard, index: index * 1000 })),
  )
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...known), { maxLength: 30 }), (sequence) => {
      for (const position of sequence) {
        const text = write(() => void heads.positions([position]))
        const lines = `\r\nHeadgate-Shard: ${position.shard}\r\nHeadgate-Token: ${formatToken([position])}\r\n\r\n`
        assert.ok(text.endsWith(lines), `${text} does not end with ${lines}`)
      }
    }),
  )
})

test('the date follows the clock, by the second, whatever the wall clock does within one', () => {
  const { heads, clock, write } = setUp()
  const pass = (ms: number): void => {
    clock.at += ms
    clock.wall += ms
    heads.now = clock.at
  }
  assert.match(
    write(() => {}),
    /^HTTP\/1\.1 200 OK\r\nDate: Sun, 22 Nov 2026 03:04:05 GMT\r\n/,
  )
  pass(799)
  assert.match(
    write(() => {}),
    /03:04:05 GMT/,
  )
  pass(1)
  assert.match(
    write(() => {}),
    /03:04:06 GMT/,
  )
  clock.wall -= 60_000
  assert.match(
    write(() => {}),
    /03:04:06 GMT/,
  )
  pass(999)
  assert.match(
    write(() => {}),
    /03:04:06 GMT/,
  )
  pass(1)
  assert.match(
    write(() => {}),
    /03:03:07 GMT/,
  )
})

test('several shards share one header; a token too long for it is left out', () => {
  const { heads, write } = setUp()
  const shards = (count: number): Position[] =>
    Array.from({ length: count }, (_, i) => ({ shard: i + 1, history: 1, epoch: 1, index: 1_000_000 }))
  let fits = false
  const text = write(() => {
    fits = heads.positions(shards(3))
  })
  assert.equal(fits, true)
  assert.match(text, /Headgate-Shard: 1, 2, 3\r\n/)
  const token = /Headgate-Token: (\S+)\r\n/.exec(text)![1]!
  assert.deepEqual(parseToken(token), shards(3))
  const long = write(() => {
    fits = heads.positions(shards(600))
  })
  assert.equal(fits, false)
  assert.doesNotMatch(long, /Headgate-Token/)
})

test('content types are remembered, whatever their number', () => {
  const { heads, write } = setUp()
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 100; i++) {
      assert.ok(write(() => heads.contentType(`text/x-${i}`)).endsWith(`\r\nContent-Type: text/x-${i}\r\n\r\n`))
    }
  }
})

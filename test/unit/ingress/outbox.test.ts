import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { Outbox, type OutboxLimits, OutputPool } from '../../../src/ingress/outbox.ts'
import type { Timers } from '../../../src/runtime/timers.ts'

/** A socket that takes bytes at once, or keeps references to them (as a slow client's does) until `drain`. */
class FakeSocket {
  slow = false
  writable = true
  destroyed = false
  writes = 0
  writableLength = 0
  received: Buffer = Buffer.alloc(0)
  private corked: Buffer[] | undefined
  private waiting: Buffer[] = []
  private listeners: (() => void)[] = []

  get writableNeedDrain(): boolean {
    return this.writableLength > 0
  }

  cork(): void {
    this.corked = []
  }

  uncork(): void {
    const pieces = this.corked ?? []
    this.corked = undefined
    for (const piece of pieces) this.writableLength -= piece.length
    this.take(pieces)
  }

  write(bytes: Buffer): boolean {
    if (this.corked !== undefined) {
      this.corked.push(bytes)
      this.writableLength += bytes.length
    } else this.take([bytes])
    return !this.slow
  }

  once(_event: 'drain', listener: () => void): void {
    this.listeners.push(listener)
  }

  drain(): void {
    this.slow = false
    this.received = Buffer.concat([this.received, ...this.waiting])
    this.waiting = []
    this.writableLength = 0
    for (const listener of this.listeners.splice(0)) listener()
  }

  destroy(): void {
    this.destroyed = true
    this.writable = false
  }

  private take(pieces: Buffer[]): void {
    this.writes++
    if (this.slow || this.waiting.length > 0) {
      this.waiting.push(...pieces)
      for (const piece of pieces) this.writableLength += piece.length
    } else this.received = Buffer.concat([this.received, ...pieces])
  }
}

class ManualTimers implements Timers {
  tasks: (() => void)[] = []
  after = () => ({ cancel() {} })
  every = () => ({ cancel() {} })
  soon(task: () => void): void {
    this.tasks.push(task)
  }
  run(): void {
    for (const task of this.tasks.splice(0)) task()
  }
}

function setUp(limits: OutboxLimits = { softBytes: 1000, hardBytes: 5000 }, count = 1) {
  const timers = new ManualTimers()
  const pool = new OutputPool(timers, limits)
  const sockets = Array.from({ length: count }, () => new FakeSocket())
  const boxes = sockets.map((socket) => new Outbox(pool, socket as unknown as Socket))
  return { timers, pool, sockets, boxes, socket: sockets[0]!, box: boxes[0]! }
}

test('what is appended in one event becomes one write', () => {
  const { box, socket, pool } = setUp()
  box.text('one ')
  box.bytes(Buffer.from('xtwo x'), 1, 5)
  box.text('a longer text that takes the other way to the wire\xff')
  assert.equal(socket.writes, 0)
  box.flush()
  assert.equal(socket.writes, 1)
  assert.equal(socket.received.toString('latin1'), 'one two a longer text that takes the other way to the wire\xff')
  assert.equal(pool.bytesWritten, socket.received.length)
  box.flush()
  assert.equal(socket.writes, 1, 'nothing to flush, nothing written')
})

test('completions of one turn are flushed together, each connection once', () => {
  const { boxes, sockets, timers } = setUp(undefined, 3)
  for (const round of ['a', 'b']) {
    boxes.forEach((box, i) => {
      box.text(`${round}${i}`)
      box.flushSoon()
    })
  }
  assert.equal(timers.tasks.length, 1)
  timers.run()
  sockets.forEach((socket, i) => {
    assert.equal(socket.received.toString(), `a${i}b${i}`)
    assert.equal(socket.writes, 1)
  })
})

test('the scratch is reused after a fast write and replaced after a slow one', () => {
  const { box, socket, pool } = setUp()
  const first = pool.scratch
  box.text('fast')
  box.flush()
  assert.equal(pool.scratch, first)
  assert.equal(pool.scratch.used, 0)
  socket.slow = true
  box.text('slow')
  box.flush()
  assert.notEqual(pool.scratch, first)
  const second = pool.scratch
  box.text('behind')
  box.flush()
  assert.equal(pool.scratch, second, 'bytes behind a backlog are copied, they cost no scratch')
  socket.drain()
  assert.equal(socket.received.toString(), 'fastslowbehind')
})

test('large bodies are separate pieces of the same write and are copied unless owned', () => {
  const { box, socket } = setUp({ softBytes: 1 << 20, hardBytes: 1 << 22 })
  const view = Buffer.alloc(20_000, 1)
  const owned = Buffer.alloc(30_000, 2)
  box.text('head')
  box.bytes(view)
  view.fill(9)
  box.owned(owned)
  box.text('tail')
  assert.equal(box.backlog, 50_008)
  box.flush()
  assert.equal(socket.writes, 1)
  const expected = Buffer.concat([Buffer.from('head'), Buffer.alloc(20_000, 1), owned, Buffer.from('tail')])
  assert.deepEqual(socket.received, expected)
})

test('the soft limit shows as full, the hard limit ends the connection when more comes', () => {
  const { box, socket, pool } = setUp()
  socket.slow = true
  box.text('x'.repeat(900))
  assert.equal(box.full, false)
  box.flush()
  assert.equal(box.full, false)
  box.text('x'.repeat(101))
  assert.equal(box.full, true)
  box.flush()
  box.bytes(Buffer.alloc(4500))
  box.flush()
  assert.equal(socket.destroyed, false)
  box.text('more')
  box.flush()
  assert.equal(socket.destroyed, true)
  assert.equal(pool.overflows, 1)
})

test('one answer larger than the hard limit goes through', () => {
  const { box, socket, pool } = setUp()
  socket.slow = true
  box.bytes(Buffer.alloc(50_000))
  box.flush()
  assert.equal(box.full, true)
  assert.equal(pool.waitingBytes, 50_000)
  socket.drain()
  assert.equal(pool.waitingBytes, 0)
  assert.equal(box.full, false)
  box.text('next')
  box.flush()
  assert.equal(socket.destroyed, false)
})

test('when all clients together leave too much, one that is over its soft limit goes', () => {
  const { boxes, sockets, pool } = setUp({ softBytes: 1000, hardBytes: 100_000, totalBytes: 4000 }, 3)
  for (const [i, size] of [2000, 1900, 500].entries()) {
    sockets[i]!.slow = true
    boxes[i]!.bytes(Buffer.alloc(size))
    boxes[i]!.flush()
  }
  assert.equal(pool.waitingBytes, 4400)
  for (const box of [boxes[2]!, boxes[0]!]) {
    box.text('more')
    box.flush()
  }
  assert.deepEqual(
    sockets.map(({ destroyed }) => destroyed),
    [true, false, false],
  )
  boxes[0]!.discard()
  assert.equal(pool.waitingBytes, 2404)
})

test('a held reply waits for its turn and counts as backlog', () => {
  const { box, socket } = setUp({ softBytes: 100_000, hardBytes: 1_000_000 })
  box.text('first ')
  const mark = box.beginHeld()
  box.text('held ')
  box.bytes(Buffer.alloc(20_000, 0x2e))
  const held = box.endHeld(mark)
  assert.equal(held.length, 20_005)
  assert.equal(box.backlog, 6 + 20_005)
  box.text('second ')
  box.release(held)
  assert.equal(box.backlog, 13 + 20_005)
  box.flush()
  assert.equal(socket.received.toString(), `first second held ${'.'.repeat(20_000)}`)
  assert.equal(box.backlog, 0)
})

test('bytes for a connection that is gone are dropped', () => {
  const { boxes, sockets, pool } = setUp(undefined, 2)
  boxes[0]!.text('waiting')
  boxes[1]!.text('other')
  sockets[0]!.destroy()
  boxes[0]!.discard()
  boxes[0]!.text('late')
  boxes[0]!.flush()
  boxes[1]!.flush()
  assert.equal(sockets[0]!.received.length, 0)
  assert.equal(sockets[1]!.received.toString(), 'other')
  assert.equal(pool.scratch.pins, 0)
  assert.equal(pool.scratch.used, 0)
})

test('any interleaving delivers each connection its own bytes, in order', () => {
  const action = fc.record({
    box: fc.nat(3),
    do: fc.constantFrom('text', 'bytes', 'owned', 'flush', 'soon', 'run', 'slow', 'drain', 'hold', 'release'),
    size: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 15_000, max: 70_000 })),
  })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const { boxes, sockets, timers, pool } = setUp({ softBytes: 1 << 30, hardBytes: 1 << 30 }, 4)
      const expected = boxes.map(() => Buffer.alloc(0) as Buffer)
      const held = boxes.map((): Buffer[] => [])
      let fill = 0
      for (const step of actions) {
        const box = boxes[step.box]!
        const bytes = Buffer.alloc(step.size, ++fill)
        const append = (): void => {
          if (step.do === 'text') box.text(bytes.toString('latin1'))
          else if (step.do === 'owned') box.owned(bytes)
          else box.bytes(bytes)
        }
        const keep = (more: Uint8Array): void => {
          expected[step.box] = Buffer.concat([expected[step.box]!, more])
        }
        if (step.do === 'flush') box.flush()
        else if (step.do === 'soon') box.flushSoon()
        else if (step.do === 'run') timers.run()
        else if (step.do === 'slow') sockets[step.box]!.slow = true
        else if (step.do === 'drain') sockets[step.box]!.drain()
        else if (step.do === 'hold') {
          const mark = box.beginHeld()
          box.bytes(bytes)
          held[step.box]!.push(box.endHeld(mark))
        } else if (step.do === 'release') {
          const reply = held[step.box]!.shift()
          if (reply !== undefined) {
            box.release(reply)
            keep(reply)
          }
        } else {
          append()
          keep(bytes)
        }
      }
      boxes.forEach((box, i) => {
        box.flush()
        sockets[i]!.drain()
        assert.ok(sockets[i]!.received.equals(expected[i]!), `connection ${i}`)
        const waiting = held[i]!.reduce((sum, reply) => sum + reply.length, 0)
        assert.equal(box.backlog, waiting)
      })
      assert.equal(
        pool.bytesWritten,
        expected.reduce((sum, bytes) => sum + bytes.length, 0),
      )
    }),
    { numRuns: 300 },
  )
})

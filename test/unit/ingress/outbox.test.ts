import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { LateClients } from '../../../src/ingress/late-clients.ts'
import { Outbox } from '../../../src/ingress/outbox.ts'
import { maxKeptBytes, type OutboxLimits, OutputPool } from '../../../src/ingress/output-pool.ts'
import type { Timers } from '../../../src/runtime/timers.ts'

/** A socket that takes bytes at once, or keeps references to them (as a slow client's does) until `drain`. */
class FakeSocket {
  encrypted = false
  slow = false
  writable = true
  destroyed = false
  writes = 0
  writableLength = 0
  received: Buffer = Buffer.alloc(0)
  private corked: Buffer[] | undefined
  private waiting: Buffer[] = []
  callbacks: (() => void)[] = []

  cork(): void {
    this.corked = []
  }

  uncork(): void {
    const pieces = this.corked ?? []
    this.corked = undefined
    for (const piece of pieces) this.writableLength -= piece.length
    this.take(pieces)
  }

  write(bytes: Buffer, callback?: () => void): boolean {
    if (callback !== undefined) this.callbacks.push(callback)
    if (this.corked !== undefined) {
      this.corked.push(bytes)
      this.writableLength += bytes.length
    } else this.take([bytes])
    return !this.slow
  }

  drain(): void {
    this.slow = false
    this.received = Buffer.concat([this.received, ...this.waiting])
    this.waiting = []
    this.writableLength = 0
    for (const callback of this.callbacks.splice(0)) callback()
  }

  destroy(): void {
    this.destroyed = true
    this.writable = false
    this.waiting = []
    this.writableLength = 0
    for (const callback of this.callbacks.splice(0)) callback()
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

function outboxOn(pool: OutputPool, socket: FakeSocket | GroupedSocket): Outbox {
  return new Outbox(pool, socket as unknown as Socket)
}

function setUp(limits: OutboxLimits & { totalBytes?: number } = { softBytes: 1000, hardBytes: 5000 }, count = 1) {
  const timers = new ManualTimers()
  const pool = new OutputPool(timers, limits, new LateClients(limits.hardBytes, limits.totalBytes ?? 1 << 28))
  const sockets = Array.from({ length: count }, () => new FakeSocket())
  const boxes = sockets.map((socket) => outboxOn(pool, socket))
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

test('one view is kept of the memory that stores answer with again and again, none of larger memory', () => {
  const { pool } = setUp()
  const usual = new Uint8Array(maxKeptBytes)
  const view = pool.view(usual, 16, 144)
  assert.deepEqual([view.buffer, view.byteOffset, view.length], [usual.buffer, 16, 128])
  assert.equal(pool.view(usual, 16, 144), view)
  const larger = new Uint8Array(maxKeptBytes + 1)
  assert.notEqual(pool.view(larger, 16, 144), pool.view(larger, 16, 144))
  assert.equal(pool.view(usual, 16, 144), view, 'the larger memory was not kept')
  assert.notEqual(pool.view(usual, 16, 145), view)
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

test('only a write that waits is followed by a callback, and by one for all that join it', () => {
  const { box, socket, pool } = setUp()
  const send = (): void => {
    box.text('some text')
    box.flush()
  }
  send()
  send()
  assert.equal(socket.callbacks.length, 0)
  socket.slow = true
  for (let i = 0; i < 3; i++) send()
  assert.equal(socket.callbacks.length, 1)
  assert.ok(pool.late.bytes > 0)
  socket.drain()
  assert.equal(pool.late.bytes, 0)
  assert.equal(socket.callbacks.length, 0)
  send()
  assert.equal(socket.callbacks.length, 0)
})

/** Completes what is under way as a TLS socket does: all that waited goes as one, and its callbacks are called in turn. */
class GroupedSocket {
  readonly encrypted = true
  writable = true
  destroyed = false
  under: { bytes: Buffer; taken: (() => void) | undefined }[] = []
  gathered: { bytes: Buffer; taken: (() => void) | undefined }[] = []
  writes = 0

  get writableLength(): number {
    return [...this.under, ...this.gathered].reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  cork(): void {}

  uncork(): void {}

  write(bytes: Buffer, taken?: () => void): boolean {
    this.writes += 1
    if (this.under.length === 0) this.under.push({ bytes, taken })
    else this.gathered.push({ bytes, taken })
    return true
  }

  complete(): void {
    const done = this.under
    this.under = this.gathered
    this.gathered = []
    for (const { taken } of done) taken?.()
  }
}

test('over TLS every write says when it was taken, and none is made for that', () => {
  const { pool } = setUp({ softBytes: 1 << 20, hardBytes: 1 << 22 })
  const socket = new GroupedSocket()
  const box = outboxOn(pool, socket)
  let sent = 0
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 10; i++) {
      box.text('answer')
      box.flush()
      sent += 1
    }
    socket.complete()
  }
  assert.equal(socket.writes, sent)
  assert.ok(pool.late.bytes > 0)
  for (let i = 0; i < 3; i++) socket.complete()
  assert.equal(socket.writableLength, 0)
  assert.equal(pool.late.bytes, 0)
})

test('what is taken after the end is counted no more', () => {
  const { box, socket, pool } = setUp()
  socket.slow = true
  for (let i = 0; i < 3; i++) {
    box.text('answer')
    box.flush()
  }
  const finished: (() => void)[] = []
  Object.assign(socket, { writable: false, once: (_name: 'finish', listener: () => void) => finished.push(listener) })
  const [first] = socket.callbacks.splice(0)
  first!()
  assert.ok(pool.late.bytes > 0)
  socket.drain()
  for (const each of finished) each()
  assert.equal(pool.late.bytes, 0)
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

test('a TLS socket, which is slow with every write, costs no scratch', () => {
  const { pool, socket } = setUp()
  socket.encrypted = true
  socket.slow = true
  const box = outboxOn(pool, socket)
  const first = pool.scratch
  box.text('one')
  box.flush()
  box.text('head')
  box.owned(Buffer.alloc(20_000))
  box.flush()
  assert.equal(pool.scratch, first)
  assert.equal(first.used, 0)
  assert.equal(first.lost, false)
  socket.drain()
  assert.equal(socket.received.length, 20_007)
  assert.equal(pool.late.bytes, 0)
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
  assert.equal(pool.late.cut, 1)
})

test('one answer larger than the hard limit goes through', () => {
  const { box, socket, pool } = setUp()
  socket.slow = true
  box.bytes(Buffer.alloc(50_000))
  box.flush()
  assert.equal(box.full, true)
  assert.ok(pool.late.bytes >= 50_000)
  socket.drain()
  assert.equal(pool.late.bytes, 0)
  assert.equal(box.full, false)
  box.text('next')
  box.flush()
  assert.equal(socket.destroyed, false)
})

/** Connections that take nothing, each after its turn, with answers of these sizes of memory of their own. */
function late(limits: OutboxLimits, sizes: readonly number[]) {
  const all = setUp(limits, sizes.length)
  sizes.forEach((size, i) => {
    all.sockets[i]!.slow = true
    all.boxes[i]!.owned(Buffer.alloc(size))
    all.boxes[i]!.flush()
  })
  return { ...all, gone: () => all.sockets.map(({ destroyed }) => destroyed) }
}

test('what all clients together leave waiting is bounded, the first answer of each too', () => {
  const limits = { softBytes: 1 << 20, hardBytes: 1 << 30, totalBytes: 100_000_000 }
  const { pool, gone, sockets } = late(limits, new Array(20).fill(20_000_000))
  assert.ok(pool.late.bytes <= limits.totalBytes, `${pool.late.bytes} bytes`)
  assert.equal(gone().filter((is) => is).length, 16)
  assert.equal(pool.late.cut, 16)
  assert.equal(sockets[19]!.destroyed, false, 'those who fell behind first go first')
})

test('who holds less than its share stays when others leave too much', () => {
  const limits = { softBytes: 1 << 20, hardBytes: 1 << 30, totalBytes: 1_000_000 }
  const { boxes, sockets, pool, gone } = late(limits, [20_000, 700_000, 20_000, 400_000])
  assert.deepEqual(gone(), [false, true, false, false])
  assert.equal(pool.late.cut, 1)
  sockets[3]!.drain()
  boxes[0]!.discard()
  boxes[2]!.discard()
  assert.equal(pool.late.bytes, 0)
})

test('a small answer that was not taken counts with the memory it ties up', () => {
  const { pool, sockets, boxes } = setUp({ softBytes: 1000, hardBytes: 5000, totalBytes: 1_000_000 }, 20)
  boxes.forEach((box, i) => {
    sockets[i]!.slow = true
    box.text('OK')
    box.flush()
  })
  assert.ok(sockets.filter(({ destroyed }) => !destroyed).length <= 16, 'each holds 64 KiB')
  for (const socket of sockets) socket.drain()
  assert.equal(pool.late.bytes, 0)
})

test('many small writes count with what each costs', () => {
  const { box, socket, pool } = setUp({ softBytes: 1 << 20, hardBytes: 50_000 })
  socket.slow = true
  for (let i = 0; i < 180; i++) {
    box.text('OK')
    box.flush()
  }
  assert.equal(socket.destroyed, false)
  assert.ok(pool.late.bytes > 50_000)
  for (let i = 0; i < 100; i++) {
    box.text('OK')
    box.flush()
  }
  assert.equal(socket.destroyed, true)
  assert.equal(pool.late.bytes, 0)
})

test('large replies that wait for their turn count for the bound of all', () => {
  const { boxes, sockets, pool } = setUp({ softBytes: 1000, hardBytes: 5000, totalBytes: 100_000 }, 3)
  const hold = (i: number, bytes: number): Buffer => {
    const mark = boxes[i]!.beginHeld()
    boxes[i]!.bytes(Buffer.alloc(bytes))
    return boxes[i]!.endHeld(mark)
  }
  const first = hold(0, 40_000)
  const second = hold(1, 50_000)
  assert.equal(pool.late.bytes, 90_000)
  boxes[1]!.release(second)
  boxes[1]!.flush()
  assert.equal(pool.late.bytes, 40_000)
  hold(2, 70_000)
  assert.deepEqual(
    sockets.map(({ destroyed }) => destroyed),
    [false, false, true],
    'the other holds less than its share',
  )
  boxes[0]!.release(first)
  assert.equal(pool.late.bytes, 0)
})

test('one turn of the event loop does not gather without bound', () => {
  const { boxes, sockets, pool, timers } = setUp({ softBytes: 1 << 20, hardBytes: 1 << 23 }, 200)
  boxes.forEach((box) => {
    for (let i = 0; i < 10; i++) {
      box.bytes(Buffer.alloc(10_000))
      box.flushSoon()
    }
    assert.ok(pool.gatheredBytes < 5_000_000)
  })
  timers.run()
  assert.equal(pool.gatheredBytes, 0)
  for (const socket of sockets) assert.equal(socket.received.length, 100_000)
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

/** One connection of the random test: what it is to receive, and what waits for its turn. */
class Partner {
  expected: Buffer = Buffer.alloc(0)
  readonly held: Buffer[] = []
  closed = false
  readonly box: Outbox
  readonly socket: FakeSocket

  constructor(box: Outbox, socket: FakeSocket) {
    this.box = box
    this.socket = socket
  }

  append(kind: 'text' | 'bytes' | 'owned', bytes: Buffer): void {
    if (kind === 'text') this.box.text(bytes.toString('latin1'))
    else this.box[kind](bytes)
    this.expected = Buffer.concat([this.expected, bytes])
  }

  hold(bytes: Buffer): void {
    const mark = this.box.beginHeld()
    this.box.bytes(bytes)
    this.held.push(this.box.endHeld(mark))
  }

  release(): void {
    const reply = this.held.shift()
    if (reply === undefined) return
    this.box.release(reply)
    this.expected = Buffer.concat([this.expected, reply])
  }

  /** The socket breaks; that the connection is over is heard later. */
  break(): void {
    this.socket.destroy()
    this.closed = true
  }
}

test('any interleaving delivers each connection its own bytes, in order', () => {
  const appending = ['text', 'bytes', 'owned'] as const
  const other = ['flush', 'soon', 'soon', 'run', 'slow', 'drain', 'hold', 'release', 'break', 'discard'] as const
  const action = fc.record({
    box: fc.nat(3),
    do: fc.constantFrom(...appending, ...appending, ...other),
    size: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 15_000, max: 70_000 })),
  })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80, size: 'max' }), (actions) => {
      const { boxes, sockets, timers, pool } = setUp({ softBytes: 1 << 30, hardBytes: 1 << 30 }, 4)
      const partners = boxes.map((box, i) => new Partner(box, sockets[i]!))
      let fill = 0
      for (const step of actions) {
        const partner = partners[step.box]!
        const { box, socket } = partner
        const bytes = Buffer.alloc(step.size, ++fill)
        if (step.do === 'flush') box.flush()
        else if (step.do === 'soon') box.flushSoon()
        else if (step.do === 'run') timers.run()
        else if (step.do === 'slow') socket.slow = true
        else if (step.do === 'drain') socket.drain()
        else if (step.do === 'break') partner.break()
        else if (step.do === 'discard') {
          if (partner.closed) box.discard()
        } else if (step.do === 'hold') partner.hold(bytes)
        else if (step.do === 'release') partner.release()
        else partner.append(step.do, bytes)
      }
      timers.run()
      for (const { box, socket, closed, expected, held } of partners) {
        box.flush()
        socket.drain()
        const { received } = socket
        assert.ok(received.equals(expected.subarray(0, closed ? received.length : undefined)))
        if (closed) box.discard()
        else assert.equal(box.backlog, held.length === 0 ? 0 : Buffer.concat(held).length)
      }
      for (const { box } of partners) box.discard()
      assert.deepEqual([pool.gatheredBytes, pool.late.bytes, pool.scratch.pins, pool.scratch.used], [0, 0, 0, 0])
    }),
    { numRuns: 500 },
  )
})

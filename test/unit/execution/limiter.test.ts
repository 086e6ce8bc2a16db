import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GatewayError } from '../../../src/errors.ts'
import { Limiter, type LimiterParts, type Waiting } from '../../../src/execution/limiter.ts'
import { fixedLimit } from '../../../src/execution/limits/fixed-limit.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

class Entry implements Waiting {
  readonly client: string
  readonly name: string
  bytes = 1
  write = false
  deadline = Number.POSITIVE_INFINITY
  gone = false
  queuedAt = Number.NaN
  kept = false
  error: GatewayError | undefined
  onRefuse: (() => void) | undefined
  readonly started: string[]

  constructor(name: string, started: string[], changes: Partial<Entry> = {}) {
    this.name = name
    this.client = name[0]!
    this.started = started
    Object.assign(this, changes)
  }

  keepBody(): void {
    this.kept = true
  }

  start(): void {
    this.started.push(this.name)
  }

  refuse(error: GatewayError): void {
    this.error = error
    this.onRefuse?.()
  }
}

class Rig {
  readonly runtime = new VirtualRuntime()
  readonly started: string[] = []
  ready = true
  readonly limiter: Limiter<Entry>

  constructor(permits: number, queue: Partial<LimiterParts['queue']> = {}) {
    this.limiter = new Limiter({
      limit: fixedLimit(permits),
      queue: { queueLength: 4, queueBytes: 1_000, queueAgeMs: 100, ...queue },
      runtime: this.runtime,
      fullReason: 'queue-full',
      ready: () => this.ready,
    })
  }

  /** As lanes and gates do. */
  enter(name: string, changes: Partial<Entry> = {}): Entry {
    const entry = new Entry(name, this.started, changes)
    if (this.limiter.tryAcquire()) entry.start()
    else this.limiter.enqueue(entry)
    return entry
  }

  end(): void {
    this.limiter.release()
    this.limiter.drain()
  }

  sweep(): boolean {
    return this.limiter.sweep(this.runtime.clock.now())
  }
}

test('permits are handed out up to the limit; the rest waits with its own copies and starts in fair order', () => {
  const rig = new Rig(2)
  for (const name of ['a1', 'a2', 'a3', 'a4', 'b1']) rig.enter(name)
  assert.deepEqual(rig.started, ['a1', 'a2'])
  assert.deepEqual([rig.limiter.inFlight, rig.limiter.queued], [2, 3])
  rig.end()
  rig.end()
  assert.deepEqual(rig.started, ['a1', 'a2', 'a3', 'b1'])
  assert.equal(rig.limiter.inFlight, 2)
  rig.end()
  rig.end()
  rig.end()
  assert.deepEqual([rig.limiter.inFlight, rig.limiter.queued, rig.started.at(-1)], [0, 0, 'a4'])
})

test('only what waits takes copies of what it was lent', () => {
  const rig = new Rig(1)
  assert.equal(rig.enter('a1').kept, false)
  assert.equal(rig.enter('a2').kept, true)
})

test('nobody overtakes those who wait', () => {
  const rig = new Rig(1)
  rig.enter('a1')
  rig.enter('b1')
  rig.limiter.release()
  assert.equal(rig.limiter.tryAcquire(), false)
  rig.limiter.drain()
  assert.deepEqual(rig.started, ['a1', 'b1'])
})

test('a full queue sheds from the longest line, with a reason and a time to come back', () => {
  const rig = new Rig(0)
  const abuser = ['a1', 'a2', 'a3'].map((name) => rig.enter(name, { write: true }))
  rig.enter('b1')
  const victim = rig.enter('c1')
  assert.equal(victim.error, undefined)
  const { error } = abuser[0]!
  assert.equal(error?.code, 'overloaded')
  assert.equal(error.reason, 'queue-full')
  assert.equal(error.outcome, 'not-applied')
  assert.ok(error.retryAfterMs! >= 1_000 && error.retryAfterMs! < 3_000)
  assert.equal(rig.limiter.queued, 4)
  rig.enter('d1')
  rig.enter('e1')
  assert.equal(rig.limiter.queued, 4)
  assert.deepEqual([abuser[1]!.error?.reason, rig.enter('f1').error?.reason], ['queue-full', 'queue-full'])
})

test('bytes that wait are bounded too; what can never fit is refused', () => {
  const rig = new Rig(0, { queueLength: 100, queueBytes: 100 })
  const big = rig.enter('a1', { bytes: 60 })
  const small = rig.enter('b1', { bytes: 30 })
  assert.equal(rig.enter('c1', { bytes: 20 }).error, undefined)
  assert.equal(big.error?.reason, 'queue-full')
  assert.equal(rig.enter('d1', { bytes: 101 }).error?.reason, 'queue-full')
  assert.equal(small.error, undefined)
})

test('a queue of length 0 refuses whatever cannot start', () => {
  const rig = new Rig(1, { queueLength: 0 })
  rig.enter('a1')
  assert.equal(rig.enter('a2').error?.reason, 'queue-full')
})

test('age, deadline and absence end the wait at the sweep', () => {
  const rig = new Rig(0)
  const now = rig.runtime.clock.now()
  const late = rig.enter('a1', { deadline: now + 30, write: true })
  const gone = rig.enter('b1')
  const old = rig.enter('c1')
  rig.runtime.advance(29)
  assert.equal(rig.sweep(), true)
  assert.deepEqual([late.error, old.error], [undefined, undefined])
  gone.gone = true
  rig.runtime.advance(1)
  assert.equal(rig.sweep(), true)
  assert.deepEqual([late.error?.code, late.error?.outcome], ['deadline', 'not-applied'])
  assert.equal(gone.error?.code, 'abandoned')
  rig.runtime.advance(70)
  assert.equal(rig.sweep(), false)
  assert.deepEqual([old.error?.reason, old.error?.outcome], ['queue-age', undefined])
})

test('what is overdue when its turn comes does not start, and the next does', () => {
  const rig = new Rig(1)
  rig.enter('a1')
  const late = rig.enter('b1', { deadline: rig.runtime.clock.now() + 5 })
  const gone = rig.enter('c1')
  rig.enter('d1')
  gone.gone = true
  rig.runtime.advance(5)
  rig.end()
  assert.deepEqual(rig.started, ['a1', 'd1'])
  assert.equal(late.error?.code, 'deadline')
  assert.equal(gone.error?.code, 'abandoned')
})

test('while nothing may start everything waits, and shedding names the backlog', () => {
  const rig = new Rig(10, { queueLength: 1 })
  rig.ready = false
  const first = rig.enter('a1')
  const second = rig.enter('a2')
  assert.equal(first.error?.reason, 'backlog')
  rig.runtime.advance(100)
  rig.sweep()
  assert.equal(second.error?.reason, 'backlog')
  rig.enter('a3')
  rig.ready = true
  rig.limiter.drain()
  assert.deepEqual(rig.started, ['a3'])
})

test('refused clients that come back at once neither recurse nor get lost', () => {
  const rig = new Rig(0, { queueLength: 2 })
  let comebacks = 0
  const stubborn = (name: string): void => {
    const entry = new Entry(name, rig.started)
    entry.onRefuse = () => {
      if (++comebacks < 20_000) stubborn(`${comebacks % 2 === 0 ? 'a' : name[0]}${comebacks}`)
    }
    rig.limiter.enqueue(entry)
  }
  for (const name of ['a1', 'b1', 'c1']) stubborn(name)
  assert.equal(comebacks, 20_000)
  assert.equal(rig.limiter.queued, 2)
})

test('answers that come at once are started one after the other, not one inside the other', () => {
  const rig = new Rig(1, { queueLength: 20_000, queueBytes: 1e9 })
  rig.enter('a1')
  const immediate = (entry: Entry) => {
    entry.start = () => {
      rig.started.push(entry.name)
      rig.end()
    }
  }
  for (let i = 0; i < 10_000; i++) {
    const entry = new Entry(`b${i}`, rig.started)
    immediate(entry)
    rig.limiter.enqueue(entry)
  }
  rig.end()
  assert.equal(rig.started.length, 10_001)
  assert.deepEqual([rig.limiter.inFlight, rig.limiter.queued], [0, 0])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outbox } from '../../../src/ingress/outbox.ts'
import { TurnShare, Turns } from '../../../src/ingress/turns.ts'
import type { Timers } from '../../../src/runtime/timers.ts'

const quantum = 128 * 1024

/** Connections that answer with so many bytes to each of so many requests, over a loop that is turned by hand. */
class Loop {
  now = 0
  readonly order: string[] = []
  readonly tasks: (() => void)[] = []
  private readonly timers: Timers = {
    after: () => ({ cancel() {} }),
    every: () => ({ cancel() {} }),
    soon: (task) => this.tasks.push(task),
  }
  readonly turns = new Turns({ now: () => this.now, wallMs: () => this.now }, this.timers)

  /** `costMs` is what one answer takes. */
  connection(name: string, answerBytes: number, costMs = 0.1) {
    const outbox = { appended: 0, flush: () => undefined }
    const state = { answered: 0, asked: 0 }
    const work = (): void => {
      if (!share.begin()) return
      while (state.answered < state.asked && share.goOn()) {
        outbox.appended += answerBytes
        this.now += costMs
        state.answered++
        this.order.push(name)
      }
    }
    const share = new TurnShare(this.turns, outbox as Outbox, 1024, work)
    return {
      state,
      announce: () => share.yield(),
      ask: (requests: number) => {
        state.asked += requests
        work()
      },
    }
  }

  turn(): void {
    for (const task of this.tasks.splice(0)) task()
  }
}

test('a client that costs little is served at once, however much others want', () => {
  const loop = new Loop()
  const greedy = Array.from({ length: 50 }, (_, i) => loop.connection(`greedy ${i}`, quantum))
  for (const each of greedy) each.ask(1000)
  assert.deepEqual(
    greedy.map(({ state }) => state.answered),
    greedy.map(() => 1),
    'one answer is a whole turn',
  )
  const modest = loop.connection('modest', 100)
  for (let turn = 0; turn < 20; turn++) {
    const begunAt = loop.now
    loop.turn()
    assert.ok(loop.now - begunAt < 2.2, `a turn of ${loop.now - begunAt} ms`)
    modest.ask(1)
    assert.equal(modest.state.answered, turn + 1)
  }
})

test('those that cost much share what is left evenly, in the order in which they used up their turns', () => {
  const loop = new Loop()
  const all = [1, 2, 4].map((share) => loop.connection(String(share), quantum / share - 1024))
  for (const each of all) each.ask(1000)
  loop.order.length = 0
  for (let turn = 0; turn < 28; turn++) loop.turn()
  const [whole, half, quarter] = all.map(({ state }) => state.answered)
  assert.ok(Math.abs(half! - 2 * whole!) <= 2, `${half} and ${whole}`)
  assert.ok(Math.abs(quarter! - 4 * whole!) <= 4, `${quarter} and ${whole}`)
  assert.deepEqual(loop.order.slice(0, 8), ['1', '2', '2', '4', '4', '4', '4', '1'])
})

test('requests alone use up a turn as well', () => {
  const loop = new Loop()
  const small = loop.connection('small', 0)
  small.ask(1000)
  assert.equal(small.state.answered, 128)
  for (let turn = 0; turn < 10; turn++) loop.turn()
  assert.equal(small.state.answered, 1000)
  loop.turn()
  assert.deepEqual(loop.tasks, [], 'nothing is scheduled when nobody waits')
  small.ask(1)
  assert.equal(small.state.answered, 1001, 'who has had a cheap turn is served at once again')
})

test('who used up a turn waits for the next one even with new requests', () => {
  const loop = new Loop()
  const greedy = loop.connection('greedy', quantum)
  greedy.ask(2)
  greedy.ask(1)
  assert.equal(greedy.state.answered, 1)
  assert.equal(loop.tasks.length, 1, 'it is queued once')
  loop.turn()
  assert.equal(greedy.state.answered, 2)
})

test('thousands that wait are served in order, each as often as any other', () => {
  const loop = new Loop()
  const all = Array.from({ length: 3000 }, (_, i) => loop.connection(String(i), quantum, 0.01))
  for (const each of all) each.ask(4)
  for (let turn = 0; turn < 5 && loop.tasks.length > 0; turn++) loop.turn()
  const counts = all.map(({ state }) => state.answered)
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 1)
  for (let turn = 0; turn < 1000 && loop.tasks.length > 0; turn++) loop.turn()
  assert.ok(all.every(({ state }) => state.answered === 4))
})

test('who says that the next request costs much waits for a turn with it, once', () => {
  const loop = new Loop()
  const one = loop.connection('one', 0, 3)
  const other = loop.connection('other', 0, 3)
  for (const each of [one, other]) each.announce()
  for (const each of [one, other]) each.ask(1)
  assert.deepEqual(loop.order, [])
  loop.turn()
  assert.deepEqual(loop.order, ['one'], 'one such request is more than a slice')
  loop.turn()
  assert.deepEqual(loop.order, ['one', 'other'])
  one.ask(1)
  assert.equal(one.state.answered, 2)
})

test('while connections arrive those that cost much wait, but not for ever', () => {
  const loop = new Loop()
  const greedy = loop.connection('greedy', quantum)
  greedy.ask(1000)
  assert.equal(greedy.state.answered, 1)
  const turns: number[] = []
  for (let turn = 1; turn <= 60; turn++) {
    loop.turns.arrived()
    const before = greedy.state.answered
    loop.turn()
    if (greedy.state.answered > before) turns.push(turn)
  }
  assert.deepEqual(turns, [17, 34, 51])
  const { answered } = greedy.state
  for (let turn = 0; turn < 5; turn++) loop.turn()
  assert.equal(greedy.state.answered, answered + 5)
})

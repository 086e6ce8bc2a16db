import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Counter } from '../../../../scripts/campaign/crash/counter.ts'
import { absent, History, type Seen } from '../../../../scripts/campaign/crash/history.ts'
import { recordValue, sequenceOf } from '../../../../scripts/campaign/crash/record-value.ts'

const written = (sequence: number): Seen => ({ present: true, sequence })
const torn: Seen = { present: true, sequence: undefined }

/** `w3` sends write 3, `d3` a delete, `ok` acknowledges, `no` refuses, `??` leaves open. */
function history(steps: string): History {
  const made = new History('k')
  for (const step of steps.split(' ')) {
    if (step === 'ok') made.acknowledge()
    else if (step === 'no') made.refuse()
    else if (step === '??') made.leaveOpen()
    else made.send({ sequence: Number(step.slice(1)), present: step.startsWith('w') })
  }
  return made
}

describe('what a key may hold after a crash', () => {
  const cases: readonly [steps: string, seen: Seen, kind: string | undefined][] = [
    ['w1 ok', written(1), undefined],
    ['w1 ok', absent, 'lost'],
    ['w1 ok', torn, 'torn'],
    ['w1 ok', written(7), 'invented'],
    ['w1 ok w2 ok', written(1), 'lost'],
    ['w1 ok w2', written(1), undefined],
    ['w1 ok w2', written(2), undefined],
    ['w1 ok w2 w3', written(2), undefined],
    ['w1 ok w2', absent, 'lost'],
    ['w1 ok d2', absent, undefined],
    ['w1 ok d2', written(1), undefined],
    ['w1 ok d2 ok', absent, undefined],
    ['w1 ok d2 ok', written(1), 'lost'],
    ['w1 ok w2 no', written(1), undefined],
    ['w1 ok w2 no', written(2), 'invented'],
    ['w1 ok w2 ??', written(2), undefined],
    ['w1 ok w2 ??', written(1), undefined],
    ['w1 ok w2 ?? w3 ok', written(2), 'lost'],
    ['w1 ok w2 ?? w3 no', written(2), undefined],
    ['w1 ok w2 ?? w3 no', written(3), 'invented'],
    ['w1', absent, undefined],
    ['w1', written(1), undefined],
  ]
  for (const [steps, seen, kind] of cases) {
    const name = !seen.present ? 'nothing' : seen.sequence === undefined ? 'half a value' : `write ${seen.sequence}`
    test(`${steps}, then ${name} is ${kind ?? 'right'}`, () => {
      assert.equal(history(steps).settle(seen)?.kind, kind)
    })
  }

  test('what was seen once after a restart must stay', () => {
    const made = history('w1 ok w2 w3')
    assert.equal(made.settle(written(2)), undefined)
    assert.equal(made.settle(written(3))?.kind, 'invented')
    const other = history('w1 ok w2 w3')
    assert.equal(other.settle(written(2)), undefined)
    assert.equal(other.settle(written(1))?.kind, 'lost')
  })

  test('a violation says what was known', () => {
    assert.equal(
      history('w1 ok d2').settle(written(9))?.detail,
      'acknowledged write 1, then sent delete 2; found write 9',
    )
  })
})

describe('what a counter may hold', () => {
  test('no fewer than acknowledged, no more than sent', () => {
    for (const [found, kind] of [
      [1, 'lost'],
      [2, undefined],
      [3, undefined],
      [4, 'invented'],
    ] as const) {
      const counter = new Counter('c')
      for (let i = 0; i < 3; i++) counter.send()
      assert.equal(counter.acknowledge(1), undefined)
      assert.equal(counter.acknowledge(2), undefined)
      assert.equal(counter.settle(found)?.kind, kind, `found ${found}`)
    }
  })

  test('an increment done twice, or lost before the next, is a wrong answer', () => {
    for (const answer of [1, 3]) {
      const counter = new Counter('c')
      counter.send()
      counter.send()
      assert.equal(counter.acknowledge(1), undefined)
      assert.equal(counter.acknowledge(answer)?.kind, 'wrong-answer')
    }
  })

  test('a refused increment does not count; one left open may', () => {
    const counter = new Counter('c')
    for (let i = 0; i < 3; i++) counter.send()
    counter.refuse()
    counter.leaveOpen()
    assert.equal(counter.acknowledge(2), undefined)
    assert.equal(counter.settle(2), undefined)
    assert.equal(counter.settle(3)?.kind, 'invented')
    assert.equal(counter.settle(Number('not a number'))?.kind, 'invented')
  })
})

test('a value tells its write, and whether it is whole and of its key', () => {
  const value = recordValue('some:key', 42)
  assert.equal(value.length, 128)
  assert.equal(sequenceOf('some:key', value), 42)
  assert.equal(sequenceOf('other:key', value), undefined)
  assert.equal(sequenceOf('some:key', value.slice(0, 64) + recordValue('some:key', 43).slice(64)), undefined)
  assert.equal(sequenceOf('some:key', value.slice(0, 100)), undefined)
})

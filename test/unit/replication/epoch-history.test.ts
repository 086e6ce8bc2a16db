import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { EpochHistory, type EpochSpan } from '../../../src/replication/epoch-history.ts'

/** A log whose entries are of these epochs, in order. */
function logOf(epochs: readonly number[]): EpochHistory {
  const log = new EpochHistory()
  for (const [place, epoch] of epochs.entries()) log.extend(epoch, place + 1)
  return log
}

describe('EpochHistory', () => {
  test('knows the epoch of every entry it remembers', () => {
    const log = logOf([1, 1, 3, 3, 3, 7])
    assert.deepEqual(
      [0, 1, 2, 3, 5, 6, 7].map((index) => log.epochAt(index)),
      [0, 1, 1, 3, 3, 7, undefined],
    )
    assert.deepEqual(log.last, { epoch: 7, index: 6 })
    log.forgetBefore(4)
    assert.deepEqual([log.floor, log.epochAt(4), log.epochAt(3)], [{ epoch: 3, index: 4 }, 3, undefined])
  })

  test('entries that are cut may be followed by entries of an epoch below theirs', () => {
    const log = logOf([1, 5, 5])
    log.cutAfter(1)
    log.extend(4, 2)
    assert.deepEqual(log.spans(), [
      { epoch: 0, first: 0, last: 0 },
      { epoch: 1, first: 1, last: 1 },
      { epoch: 4, first: 2, last: 2 },
    ])
    assert.throws(() => log.extend(3, 3), /epoch 3 behind one of epoch 4/)
    assert.throws(() => log.extend(4, 1), /entry 1 behind entry 2/)
  })

  test('logs agree up to the last entry that both have in the same epoch', () => {
    const cases: readonly [mine: number[], theirs: number[], index: number][] = [
      [[1, 1, 1], [1, 1], 2],
      [[1, 2, 2], [1, 1, 1], 1],
      [[1, 1, 4], [1, 1, 3, 3], 2],
      [[], [1, 1], 0],
      [[2, 2], [1, 1], 0],
    ]
    for (const [mine, theirs, index] of cases) {
      assert.equal(logOf(mine).agreement(logOf(theirs).spans())?.index, index, `${mine} and ${theirs}`)
      assert.equal(logOf(theirs).agreement(logOf(mine).spans())?.index, index, `${theirs} and ${mine}`)
    }
  })

  test('what is forgotten cannot be agreed about', () => {
    const [old, cut] = [logOf([1, 1]), logOf([1, 1, 1, 1])]
    cut.forgetBefore(4)
    assert.equal(cut.agreement(old.spans()), undefined)
    assert.equal(old.agreement(cut.spans()), undefined)
    const newest: readonly EpochSpan[] = [{ epoch: 1, first: 1, last: 9 }]
    assert.deepEqual(cut.agreement(newest), { epoch: 1, index: 4 })
  })

  test('finds what a comparison of all entries finds', () => {
    // Logs as leaders make them: a shared beginning, then each its own epochs, none of which both have.
    const log = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 12 }).map((raw) => [...raw].sort((a, b) => a - b))
    fc.assert(
      fc.property(log, log, log, (shared, mine, theirs) => {
        const a = [...shared, ...mine.map((epoch) => 10 + 2 * epoch)]
        const b = [...shared, ...theirs.map((epoch) => 11 + 2 * epoch)]
        assert.equal(logOf(a).agreement(logOf(b).spans())?.index, shared.length)
      }),
    )
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gathering } from '../../../../../src/stores/embedded/log/gathering.ts'

test('waits until as many have come as wrote before', () => {
  const gathering = new Gathering()
  gathering.begin(30, 10, 2, 100)
  for (let pending = 10; pending < 40; pending++) assert.ok(gathering.goesOn(pending, 100.01), `${pending}`)
  assert.ok(!gathering.goesOn(40, 100.02))
})

test('a client that writes alone is not kept waiting', () => {
  const gathering = new Gathering()
  gathering.begin(1, 0, 2, 100)
  assert.ok(!gathering.goesOn(1, 100.01))
})

test('nor those that write for the first time', () => assert.ok(!new Gathering().goesOn(1, 0)))

test('ends when nobody comes for a while, although time stands still', () => {
  const gathering = new Gathering()
  gathering.begin(30, 10, 2, 100)
  assert.ok(gathering.goesOn(11, 100))
  let looks = 0
  while (gathering.goesOn(11, 100)) assert.ok(++looks < 100)
  assert.ok(looks > 5, `${looks} looks`)
})

for (const [syncMs, waitMs] of [
  [0.1, 0.5],
  [2, 1],
  [100, 3],
] as const) {
  test(`after a datasync of ${syncMs} ms waits ${waitMs} ms at most, however many come`, () => {
    const gathering = new Gathering()
    gathering.begin(1_000_000, 0, syncMs, 100)
    assert.ok(gathering.goesOn(1, 100 + waitMs - 0.01))
    assert.ok(!gathering.goesOn(2, 100 + waitMs))
  })
}

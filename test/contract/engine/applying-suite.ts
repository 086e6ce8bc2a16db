import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Change } from '../../../src/stores/embedded/engine/engine.ts'
import {
  anyMark,
  bytesOf,
  change,
  type EngineName,
  openEngine,
  type Pair,
  read,
  textOf,
  walked,
  whole,
} from './engine-case.ts'

const anyChange = fc.record({
  space: fc.constantFrom(0 as const, 1 as const),
  key: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 2, max: 5 }),
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
    fc.nat(1_099).map((length) => new Uint8Array(length + 1).fill(length % 3 === 0 ? 0 : 255)),
  ),
  value: fc.option(
    fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(70_000).map((length) => new Uint8Array(length).fill(length % 251)),
    ),
    { nil: undefined, freq: 4 },
  ),
})

/** Transactions: what they change, all of it or nothing, seen when they have resolved. */
export function applyingSuite(name: EngineName): void {
  describe(`${name}: applying`, () => {
    test('holds values of 0 bytes to 4 MiB under keys of 1 to 1,100 bytes', async (t) => {
      const { engine } = await openEngine(t, name)
      const sizes = [0, 1, 63, 64, 255, 4_096, 65_535, 65_536, 262_144, 1_048_577, 4_194_304]
      const keys = ['\0', '\0\0', 'k', '\xff', '\xff'.repeat(1_100), 'a'.repeat(1_099), '\0'.repeat(511)]
      const stored = new Map<string, string>()
      for (const [place, size] of sizes.entries()) {
        for (const [turn, key] of keys.entries()) stored.set(key, String.fromCharCode(65 + place + turn).repeat(size))
        await engine.apply(
          [...stored].map(([key, value]) => change(0, key, value)),
          anyMark,
        )
        for (const [key, value] of stored) assert.ok((await read(engine, 0, key)) === value, `${size} bytes`)
      }
      const lengths = (await walked(engine, whole(0))).map(([, value]) => value.length)
      assert.deepEqual(
        lengths,
        keys.map(() => 4_194_304),
      )
    })

    test('agrees with a Map on any sequence of transactions', async (t) => {
      const property = fc.asyncProperty(
        fc.array(fc.array(anyChange, { maxLength: 30 }), { maxLength: 8 }),
        async (all) => {
          const { engine } = await openEngine(t, name)
          const model = [new Map<string, string>(), new Map<string, string>()] as const
          for (const changes of all) {
            await engine.apply(changes, anyMark)
            for (const { space, key, value } of changes) {
              if (value === undefined) model[space].delete(textOf(key))
              else model[space].set(textOf(key), textOf(value))
            }
            for (const { space, key } of changes) {
              assert.ok((await read(engine, space, textOf(key))) === model[space].get(textOf(key)))
            }
          }
          for (const space of [0, 1] as const) {
            const sorted = [...model[space]].sort(([a], [b]) => Buffer.compare(bytesOf(a), bytesOf(b)))
            assert.deepEqual(await walked(engine, whole(space)), sorted)
          }
          const { keys, exact } = engine.count()
          if (exact) assert.equal(keys, model[0].size)
          await engine.close()
        },
      )
      await fc.assert(property, { numRuns: 25, interruptAfterTimeLimit: 20_000 })
    })

    test('reads see a transaction when it has resolved, whatever was read before', async (t) => {
      const { engine } = await openEngine(t, name)
      for (let round = 0; round < 50; round++) {
        assert.equal(await read(engine, 0, 'k'), round === 0 ? undefined : `${round - 1}`)
        const applied = engine.apply([change(0, 'k', `${round}`)], anyMark)
        if (engine.syncReads) engine.find(0, bytesOf('k'))
        await applied
        if (engine.syncReads) {
          assert.ok(engine.find(0, bytesOf('k')))
          assert.equal(textOf(engine.bytes.subarray(engine.start, engine.end)), `${round}`)
        }
      }
      await engine.apply([change(0, 'k', undefined), change(0, 'never', undefined)], anyMark)
      assert.equal(await read(engine, 0, 'k'), undefined)
    })

    test('of several changes of one key the last one counts', async (t) => {
      const { engine } = await openEngine(t, name)
      await engine.apply([change(0, 'a', '1'), change(0, 'a', undefined), change(0, 'a', '2')], anyMark)
      await engine.apply([change(0, 'b', '1'), change(0, 'b', undefined)], anyMark)
      assert.deepEqual(await walked(engine, whole(0)), [['a', '2']])
    })

    test('a walk beside transactions sees each of them whole or not at all', async (t) => {
      const { engine } = await openEngine(t, name)
      const keys = Array.from({ length: 1_024 }, (_, i) => `key:${i}`)
      const generation = (value: string): Change[] => keys.map((key) => change(0, key, value))
      await engine.apply(generation('0'), anyMark)
      for (let round = 1; round <= 10; round++) {
        let done = false
        const applied = engine.apply(generation(`${round}`), anyMark).then(() => {
          done = true
        })
        do {
          const values = new Set((await walked(engine, whole(0))).map(([, value]) => value))
          assert.equal(values.size, 1)
          await new Promise<void>((resolve) => setImmediate(resolve))
        } while (!done)
        await applied
      }
      assert.equal((await walked(engine, whole(0))).length, 1_024)
    })

    test('refuses what the contract rules out, before anything is applied', async (t) => {
      const { engine } = await openEngine(t, name)
      const good = change(0, 'a', '1')
      const bad = [[good, change(0, '', '1')], [good, change(0, 'k'.repeat(1_101), '1')], new Array(1_025).fill(good)]
      for (const changes of bad) await assert.rejects(engine.apply(changes, anyMark), RangeError)
      assert.deepEqual(await walked(engine, whole(0)), [])
      await engine.apply(new Array(1_024).fill(good), anyMark)
      assert.deepEqual(await walked(engine, whole(0)), [['a', '1']])
    })

    test('what was applied is there after a reopen, with its mark', async (t) => {
      const opened = await openEngine(t, name)
      const { engine } = opened
      const pairs: Pair[] = [
        ['a', 'x'.repeat(100_000)],
        ['b', ''],
      ]
      await engine.apply(
        [...pairs.map(([key, value]) => change(0, key, value)), change(1, 's', 't')],
        bytesOf('\0\xffmark 1'),
      )
      await engine.flushed()
      await engine.apply([change(0, 'c', '3')], bytesOf('mark 2'))
      const again = await opened.reopen()
      if (!engine.durable) {
        assert.equal(again.mark, undefined)
        assert.deepEqual(await walked(again.engine, whole(0)), [])
        return
      }
      assert.equal(again.mark && textOf(again.mark), 'mark 2')
      assert.deepEqual(await walked(again.engine, whole(0)), [...pairs, ['c', '3']])
      assert.deepEqual(await walked(again.engine, whole(1)), [['s', 't']])
      assert.ok(again.engine.sizeBytes() > 0)
    })
  })
}

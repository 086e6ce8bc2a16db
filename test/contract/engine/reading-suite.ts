import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { WalkRange } from '../../../src/stores/embedded/engine/engine.ts'
import { anyMark, bytesOf, change, type EngineName, openEngine, type Pair, read, walked, whole } from './engine-case.ts'

const letters = ['a', 'b', 'ba', 'c', 'c\0', 'e', '\xff', '\xff\xff']
const bounds = [undefined, '', '\0', 'a', 'b', 'bb', 'c', 'd', 'e\0', '\xff', '\xff\xff\0']

/** What a walk has to visit, by filtering all there is. */
function expected(pairs: readonly Pair[], range: WalkRange): Pair[] {
  const within = pairs.filter(([key]) => {
    const low = range.lower === undefined ? 1 : Buffer.compare(bytesOf(key), range.lower)
    const high = range.upper === undefined ? -1 : Buffer.compare(bytesOf(key), range.upper)
    return (low > 0 || (low === 0 && range.lowerInclusive)) && (high < 0 || (high === 0 && range.upperInclusive))
  })
  const ordered = range.reverse ? within.reverse() : within
  return ordered.slice(0, range.limit).map(([key, value]) => [key, range.values ? value : ''])
}

/** Reads and walks of an engine that nobody writes to meanwhile. */
export function readingSuite(name: EngineName): void {
  describe(`${name}: reading`, () => {
    test('walks every combination of bounds, direction, values and limit', async (t) => {
      const { engine } = await openEngine(t, name)
      const pairs: Pair[] = letters.map((key, place) => [key, `value ${place}`])
      await engine.apply([...pairs.map(([key, value]) => change(0, key, value)), change(1, 'b', 'other')], anyMark)
      for (const lower of bounds) {
        for (const upper of bounds) {
          for (let bits = 0; bits < 16; bits++) {
            const range: WalkRange = {
              space: 0,
              lower: lower === undefined ? undefined : bytesOf(lower),
              upper: upper === undefined ? undefined : bytesOf(upper),
              lowerInclusive: (bits & 1) > 0,
              upperInclusive: (bits & 2) > 0,
              reverse: (bits & 4) > 0,
              values: (bits & 8) > 0,
              limit: bits % 3 === 0 ? 3 : 1_000,
            }
            assert.deepEqual(await walked(engine, range), expected(pairs, range), JSON.stringify([lower, upper, bits]))
          }
        }
      }
    })

    test('a walk ends when its visitor says so, and a limit of 0 visits nothing', async (t) => {
      const { engine } = await openEngine(t, name)
      await engine.apply(
        letters.map((key) => change(1, key, key)),
        anyMark,
      )
      for (const most of [1, 2, 7, 8, 9]) {
        const pairs: Pair[] = letters.map((key) => [key, key])
        assert.deepEqual(await walked(engine, whole(1), most), pairs.slice(0, most))
        assert.deepEqual(await walked(engine, { ...whole(1), reverse: true }, most), pairs.reverse().slice(0, most))
      }
      assert.deepEqual(await walked(engine, { ...whole(1), limit: 0 }), [])
      assert.deepEqual(await walked(engine, whole(0)), [])
    })

    test('a visitor that throws ends the walk, and the engine goes on', async (t) => {
      const { engine } = await openEngine(t, name)
      await engine.apply([change(0, 'a', '1'), change(0, 'b', '2')], anyMark)
      await assert.rejects(async () => {
        await engine.walk(whole(0), () => {
          throw new Error('from the visitor')
        })
      }, /from the visitor/)
      await engine.apply([change(0, 'c', '3')], anyMark)
      assert.equal((await walked(engine, whole(0))).length, 3)
    })

    test('a long range is walked in order in both directions', async (t) => {
      const { engine } = await openEngine(t, name)
      const keys = Array.from({ length: 3_000 }, (_, i) => `key:${String((i * 7_919) % 3_000).padStart(6, '0')}`)
      for (let from = 0; from < keys.length; from += 1_000) {
        const some = keys.slice(from, from + 1_000)
        await engine.apply(
          some.map((key) => change(0, key, key.slice(4))),
          anyMark,
        )
      }
      const ordered = keys.sort()
      for (const reverse of [false, true]) {
        const seen = await walked(engine, { ...whole(0), reverse })
        assert.deepEqual(
          seen.map(([key]) => key),
          reverse ? [...ordered].reverse() : ordered,
        )
        assert.ok(seen.every(([key, value]) => key === `key:${value}`))
      }
    })

    test('fetched values belong to the receiver, in the order of the keys', async (t) => {
      const { engine } = await openEngine(t, name)
      await engine.apply([change(0, 'a', 'first'), change(0, 'b', ''), change(1, 'a', 'system')], anyMark)
      const keys = ['b', 'missing', 'a', 'a'].map(bytesOf)
      const first = await engine.fetch(0, keys)
      const texts = (): (string | undefined)[] => first.map((value) => value && Buffer.from(value).toString())
      assert.deepEqual(texts(), ['', undefined, 'first', 'first'])
      first[3]?.fill(0)
      await engine.apply([change(0, 'a', 'second')], anyMark)
      assert.equal(await read(engine, 0, 'a'), 'second')
      assert.deepEqual(texts().slice(0, 3), ['', undefined, 'first'])
      assert.equal(await read(engine, 1, 'a'), 'system')
      assert.deepEqual(await engine.fetch(0, []), [])
    })
  })
}

/** For engines that answer at once. */
export function findingSuite(name: EngineName): void {
  describe(`${name}: finding`, () => {
    test('two open engines do not disturb what the other has found', async (t) => {
      const one = (await openEngine(t, name)).engine
      const two = (await openEngine(t, name)).engine
      const long = 'x'.repeat(100_000)
      await one.apply([change(0, 'a', 'of one'), change(0, 'long', long)], anyMark)
      await two.apply([change(0, 'a', 'of two'), change(0, 'long', long.toUpperCase())], anyMark)
      for (const [key, value] of [
        ['a', 'of one'],
        ['long', long],
      ] as const) {
        assert.ok(one.find(0, bytesOf(key)))
        const { bytes, start, end } = one
        assert.ok(two.find(0, bytesOf(key)))
        await two.fetch(0, [bytesOf('a')])
        assert.equal(Buffer.from(bytes.subarray(start, end)).toString(), value)
      }
    })
  })
}

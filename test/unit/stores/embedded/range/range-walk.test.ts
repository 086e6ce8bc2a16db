import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { KeyRange } from '../../../../../src/operation/body.ts'
import type { Change } from '../../../../../src/stores/embedded/engine/engine.ts'
import { effectHeaderBytes, effectRemoves } from '../../../../../src/stores/embedded/log/block.ts'
import type { Slab } from '../../../../../src/stores/embedded/log/slab.ts'
import { Overlay } from '../../../../../src/stores/embedded/overlay.ts'
import { RangeWalk } from '../../../../../src/stores/embedded/range/range-walk.ts'
import { ModelEngine } from '../../../../support/model-engine.ts'

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1')

/** An engine, an overlay, and what both together should show. */
class Pair {
  readonly engine: ModelEngine
  readonly overlay = new Overlay(Buffer.from('seed of the hash'))
  readonly model = new Map<string, string>()
  readonly #slab: Slab = { bytes: Buffer.alloc(1 << 16), live: 0 }
  readonly #held: { key: string; value: string | undefined }[] = []
  #used = 0
  index = 0

  constructor(syncReads: boolean) {
    this.engine = new ModelEngine(syncReads)
  }

  write(key: string, value: string | undefined): void {
    const { bytes } = this.#slab
    const at = this.#used
    bytes[at] = 0
    bytes[at + 1] = value === undefined ? effectRemoves : 0
    bytes.writeUInt16LE(key.length, at + 2)
    bytes.writeUInt32LE(value?.length ?? 0, at + 4)
    bytes.latin1Write(key + (value ?? ''), at + effectHeaderBytes)
    this.#used += effectHeaderBytes + key.length + (value?.length ?? 0)
    this.overlay.push(this.#slab, at, ++this.index)
    this.#held.push({ key, value })
    if (value === undefined) this.model.delete(key)
    else this.model.set(key, value)
  }

  /** Moves the oldest `count` effects to the engine. */
  async apply(count: number): Promise<void> {
    this.drop(await this.copyToEngine(count))
  }

  /** Applies the oldest `count` effects and leaves them in the overlay; answers how many there were. */
  async copyToEngine(count: number): Promise<number> {
    const copied = this.#held.slice(0, count)
    const changes = copied.map(
      ({ key, value }): Change => ({
        space: 0,
        key: bytesOf(key),
        value: value === undefined ? undefined : bytesOf(value),
      }),
    )
    await this.engine.apply(changes, new Uint8Array(12))
    return copied.length
  }

  drop(count: number): void {
    for (const _ of this.#held.splice(0, count)) this.overlay.shift()
  }

  order(): void {
    while (!this.overlay.buildOrder(3));
  }
}

type Step = { readonly write: readonly [string, string | undefined][]; readonly apply: number; readonly limit: number }

const key = fc.constantFrom('', 'a', 'aa', 'ab', 'b', 'ba', 'c', 'ca', 'd', 'ÿ').map((text) => `k${text}`)
const write = fc.tuple(key, fc.option(fc.constantFrom('1', '22', '333'), { nil: undefined }))
const step: fc.Arbitrary<Step> = fc.record({
  write: fc.array(write, { maxLength: 4 }),
  apply: fc.nat(4),
  limit: fc.integer({ min: 1, max: 4 }),
})
const bound = fc.option(fc.record({ key: key.map(bytesOf), inclusive: fc.boolean() }), { nil: undefined })
const range: fc.Arbitrary<KeyRange> = fc
  .tuple(bound, bound)
  .map(([lower, upper]) => ({ ...(lower && { lower }), ...(upper && { upper }) }))

function inRange(name: string, { lower, upper }: KeyRange): boolean {
  const low = lower === undefined ? 1 : Buffer.compare(bytesOf(name), lower.key)
  const high = upper === undefined ? -1 : Buffer.compare(bytesOf(name), upper.key)
  return (low > 0 || (low === 0 && lower!.inclusive)) && (high < 0 || (high === 0 && upper!.inclusive))
}

for (const syncReads of [true, false]) {
  describe(`a walk over overlay and engine, ${syncReads ? 'immediate' : 'fetched'} reads`, () => {
    test('at rest shows exactly what is there, whatever the steps', async () => {
      const run = fc.asyncProperty(
        fc.array(write, { maxLength: 25 }),
        fc.nat(25),
        range,
        fc.boolean(),
        fc.integer({ min: 1, max: 5 }),
        async (writes, applied, where, reverse, limit) => {
          const pair = new Pair(syncReads)
          for (const [name, value] of writes) pair.write(name, value)
          await pair.apply(applied)
          pair.order()
          const walk = new RangeWalk(pair.engine, pair.overlay, where, { reverse, values: true })
          const found: string[] = []
          for (let end = 'stopped'; end !== 'ended'; ) {
            end = await walk.step(limit, (name, value, start, stop) => {
              const text = Buffer.from(value.subarray(start, stop)).toString('latin1')
              return found.push(`${Buffer.from(name).toString('latin1')}=${text}`) >= 0
            })
          }
          const expected = [...pair.model].filter(([name]) => inRange(name, where)).sort(([a], [b]) => (a < b ? -1 : 1))
          const lines = expected.map(([name, value]) => `${name}=${value}`)
          assert.deepEqual(found, reverse ? lines.toReversed() : lines)
        },
      )
      await fc.assert(run, { numRuns: 400, interruptAfterTimeLimit: 15_000 })
    })

    test('while others write: in order, each key once, nothing missing that stayed, nothing that never was', async () => {
      const run = fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        range,
        fc.boolean(),
        fc.boolean(),
        concurrent(syncReads),
      )
      await fc.assert(run, { numRuns: 600, interruptAfterTimeLimit: 20_000 })
    })

    test('a visitor that stops is called again from the next key on', async () => {
      const pair = new Pair(syncReads)
      for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) pair.write(name, name)
      await pair.apply(3)
      pair.order()
      const walk = new RangeWalk(pair.engine, pair.overlay, {}, { reverse: false, values: true })
      const found: string[] = []
      for (let end = 'stopped'; end !== 'ended'; ) {
        end = await walk.step(100, (name) => found.push(Buffer.from(name).toString()) % 2 === 1)
      }
      assert.deepEqual(found, ['a', 'b', 'c', 'd', 'e', 'f'])
    })

    test('it depends on the newest effect it saw, removals too, and on none behind its end', async () => {
      const pair = new Pair(syncReads)
      for (const name of ['a', 'b', 'c', 'z']) pair.write(name, name)
      await pair.apply(4)
      pair.write('a', 'new')
      pair.write('b', undefined)
      pair.write('y', 'later')
      pair.order()
      const dependsOn = async (lower: string, upper: string): Promise<number> => {
        const where = {
          lower: { key: bytesOf(lower), inclusive: true },
          upper: { key: bytesOf(upper), inclusive: true },
        }
        const walk = new RangeWalk(pair.engine, pair.overlay, where, { reverse: false, values: false })
        assert.equal(await walk.step(100, () => true), 'ended')
        return walk.dependsOn
      }
      assert.equal(await dependsOn('a', 'a'), 5)
      assert.equal(await dependsOn('a', 'c'), 6)
      assert.equal(await dependsOn('c', 'c'), 0)
      assert.equal(await dependsOn('c', 'z'), 7)
    })

    test('bounds that were lent are copied before the next turn', async () => {
      const pair = new Pair(syncReads)
      for (const name of ['a', 'b', 'c', 'd']) pair.write(name, name)
      await pair.apply(4)
      const [lower, upper] = [bytesOf('b'), bytesOf('c')]
      const where = { lower: { key: lower, inclusive: true }, upper: { key: upper, inclusive: true } }
      const walk = new RangeWalk(pair.engine, pair.overlay, where, { reverse: false, values: false })
      const found: string[] = []
      const first = walk.step(1, (name) => found.push(Buffer.from(name).toString()) > 0)
      walk.keepBounds()
      lower.fill(0)
      upper.fill(0)
      await first
      while ((await walk.step(1, (name) => found.push(Buffer.from(name).toString()) > 0)) !== 'ended');
      assert.deepEqual(found, ['b', 'c'])
    })
  })
}

/** One walk with writes and applies between its steps, and for engines that take turns, during them. */
function concurrent(syncReads: boolean) {
  return async (steps: readonly Step[], where: KeyRange, reverse: boolean, during: boolean): Promise<void> => {
    const pair = new Pair(syncReads)
    const walk = new RangeWalk(pair.engine, pair.overlay, where, { reverse, values: true })
    const everHeld = new Map<string, Set<string | undefined>>()
    const note = (): void => {
      for (const name of new Set([...everHeld.keys(), ...pair.model.keys()])) {
        everHeld.set(name, (everHeld.get(name) ?? new Set([undefined])).add(pair.model.get(name)))
      }
    }
    for (const [name, value] of steps[0]!.write) pair.write(name, value)
    await pair.apply(steps[0]!.apply)
    const stayed = new Map(pair.model)
    note()
    const found: [string, string][] = []
    for (let i = 1, end = 'stopped'; end !== 'ended'; i++) {
      const { write: writes, apply, limit } = steps[i % steps.length]!
      const applied = i < steps.length ? await pair.copyToEngine(apply) : 0
      pair.order()
      const stepping = walk.step(limit, (name, value, start, stop) => {
        found.push([Buffer.from(name).toString('latin1'), Buffer.from(value.subarray(start, stop)).toString('latin1')])
        return true
      })
      // During a step only what was applied before it may leave the overlay, but anything may be added.
      if (!during) end = await stepping
      pair.drop(applied)
      if (i < steps.length) for (const [name, value] of writes) pair.write(name, value)
      for (const [name, value] of stayed) if (pair.model.get(name) !== value) stayed.delete(name)
      note()
      end = await stepping
    }
    const names = found.map(([name]) => name)
    const sorted = [...new Set(names)].sort((a, b) => Buffer.compare(bytesOf(a), bytesOf(b)))
    assert.deepEqual(names, reverse ? sorted.reverse() : sorted)
    for (const [name, value] of found) {
      assert.ok(inRange(name, where))
      assert.ok(everHeld.get(name)?.has(value), `${name} never was ${value}`)
    }
    for (const [name] of stayed)
      assert.equal(names.includes(name), inRange(name, where), `${name} stayed and was missed`)
  }
}

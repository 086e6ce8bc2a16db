import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Space } from '../../../../src/stores/embedded/engine/engine.ts'
import { effectHeaderBytes, effectRemoves } from '../../../../src/stores/embedded/log/block.ts'
import type { Slab } from '../../../../src/stores/embedded/log/slab.ts'
import { Overlay } from '../../../../src/stores/embedded/overlay.ts'

interface Effect {
  readonly space: Space
  readonly key: string
  /** Undefined removes. */
  readonly value: string | undefined
}

const slabOf = (bytes: number): Slab => ({ bytes: Buffer.alloc(bytes), live: 0 })

/** Writes the image of an effect as the log does; answers its offset. */
function place(slab: Slab, at: number, { space, key, value }: Effect): number {
  const { bytes } = slab
  bytes[at] = space
  bytes[at + 1] = value === undefined ? effectRemoves : 0
  bytes.writeUInt16LE(key.length, at + 2)
  bytes.writeUInt32LE(value?.length ?? 0, at + 4)
  bytes.latin1Write(key, at + effectHeaderBytes)
  bytes.latin1Write(value ?? '', at + effectHeaderBytes + key.length)
  return at
}

const sizeOf = ({ key, value }: Effect): number => effectHeaderBytes + key.length + (value?.length ?? 0)
const bytesOf = (key: string): Buffer => Buffer.from(key, 'latin1')

/** An overlay beside a plain list of the effects it should hold. */
class Pair {
  readonly overlay = new Overlay(Buffer.from('seed of the hash'))
  readonly held: { readonly effect: Effect; readonly index: number; slab: Slab }[] = []
  slab = slabOf(512)
  used = 0
  index = 0

  push(effect: Effect, index: number): number {
    if (this.used + sizeOf(effect) > this.slab.bytes.length) {
      this.slab = slabOf(512)
      this.used = 0
    }
    const offset = place(this.slab, this.used, effect)
    this.used += sizeOf(effect)
    this.held.push({ effect, index, slab: this.slab })
    return this.overlay.push(this.slab, offset, index)
  }

  /** An entry of several effects; what moves to another slab on the way, and what is taken back at the end. */
  entry(effects: readonly Effect[], moveAfter: number, abandoned: boolean): void {
    const first = this.overlay.tail
    const index = ++this.index
    const undo: { effect: Effect; replaced: number }[] = []
    for (const [place, effect] of effects.entries()) {
      if (place === moveAfter) this.move(first)
      undo.push({ effect, replaced: this.push(effect, index) })
    }
    if (!abandoned) return
    for (const { effect, replaced } of undo.reverse()) {
      this.overlay.pop(effect.space, bytesOf(effect.key), replaced)
      this.held.pop()
    }
  }

  /** All effects since `first` go to another slab, as when an entry outgrows its slab; they must be of one slab. */
  move(first: number): void {
    const moving = this.held.slice(first - this.overlay.head)
    if (moving.length === 0 || moving.some(({ slab }) => slab !== moving[0]!.slab)) return
    const from = moving[0]!.slab
    const start = this.overlay.offsetAt(this.overlay.refAt(first))
    const target = slabOf(2048)
    from.bytes.copy(target.bytes, 100, start)
    const left = this.overlay.relocate(first, target, 100 - start)
    assert.equal(left, from)
    for (const each of moving) each.slab = target
    this.used = 100 + moving.reduce((bytes, { effect }) => bytes + sizeOf(effect), 0)
    this.slab = target
  }

  shift(count: number): void {
    for (let i = 0; i < count && this.held.length > 0; i++) {
      assert.equal(this.overlay.shift(), this.held.shift()!.slab)
    }
  }

  check(keys: readonly string[]): void {
    const { overlay, held } = this
    assert.equal(overlay.tail - overlay.head, held.length)
    for (const space of [0, 1] as const) {
      const newest = keys.map((key) => held.findLast(({ effect }) => effect.space === space && effect.key === key))
      for (const [place, key] of keys.entries()) this.checkKey(space, key, newest[place])
      if (overlay.order !== undefined) {
        this.checkOrder(space, keys.filter((_, place) => newest[place] !== undefined).sort())
      }
    }
    for (const slab of new Set(held.map((each) => each.slab))) {
      assert.equal(slab.live, held.filter((each) => each.slab === slab).length)
    }
  }

  private checkKey(space: Space, key: string, expected: Pair['held'][number] | undefined): void {
    const { overlay } = this
    const ref = overlay.find(space, bytesOf(key))
    assert.equal(ref >= 0, expected !== undefined, `${space}/${key}`)
    if (expected === undefined) return
    assert.ok(overlay.holds(ref))
    assert.equal(overlay.indexAt(ref), expected.index)
    assert.equal(overlay.removesAt(ref), expected.effect.value === undefined)
    assert.equal(Buffer.from(overlay.keyAt(ref)).toString('latin1'), key)
    const value = overlay.slabAt(ref).bytes.subarray(overlay.valueStartAt(ref), overlay.valueEndAt(ref))
    assert.equal(value.toString('latin1'), expected.effect.value ?? '')
  }

  private checkOrder(space: Space, expected: readonly string[]): void {
    const all = { space, lower: undefined, lowerInclusive: true, upper: undefined, upperInclusive: true }
    for (const reverse of [false, true]) {
      const cursor = this.overlay.order!.cursor({ ...all, reverse })
      const found: string[] = []
      for (let ref = cursor.next(); ref >= 0; ref = cursor.next()) {
        found.push(Buffer.from(this.overlay.keyAt(ref)).toString('latin1'))
        assert.equal(this.overlay.find(space, this.overlay.keyAt(ref)), ref, 'the order holds the newest effect')
      }
      assert.deepEqual(found, reverse ? expected.toReversed() : expected)
    }
  }
}

const keys = ['', 'a', 'aa', 'ab', 'b', 'ÿ', 'key', 'keys'].map((key) => `k${key}`)
const effect: fc.Arbitrary<Effect> = fc.record({
  space: fc.constantFrom(0 as const, 1 as const),
  key: fc.constantFrom(...keys),
  value: fc.option(
    fc.string({ maxLength: 20 }).map((text) => text.replace(/[^\x20-\x7e]/g, '?')),
    { nil: undefined },
  ),
})
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('entry' as const),
      effects: fc.array(effect, { minLength: 1, maxLength: 5 }),
      moveAfter: fc.integer({ min: 0, max: 8 }),
      abandoned: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('shift' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('order' as const), most: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'drop' as const }) },
)

test('the overlay is a list of effects with the newest of each key, in order if asked for', () => {
  const run = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const pair = new Pair()
    for (const each of steps) {
      if (each.do === 'entry') pair.entry(each.effects, each.moveAfter, each.abandoned)
      else if (each.do === 'shift') pair.shift(each.count)
      else if (each.do === 'order') pair.overlay.buildOrder(each.most)
      else pair.overlay.dropOrder()
      pair.check(keys)
    }
    while (!pair.overlay.buildOrder(1)) pair.check(keys)
    pair.check(keys)
    assert.ok(pair.overlay.order !== undefined)
    pair.shift(pair.held.length)
    pair.check(keys)
    assert.equal(pair.overlay.size, 0)
  })
  fc.assert(run, { numRuns: 400, interruptAfterTimeLimit: 20_000 })
})

test('an order that is being built forgets an effect that is dropped before its successor was added', () => {
  const pair = new Pair()
  pair.entry([{ space: 0, key: 'kb', value: 'old' }], 9, false)
  pair.entry([{ space: 0, key: 'ka', value: 'x' }], 9, false)
  pair.overlay.buildOrder(1)
  pair.entry([{ space: 0, key: 'kb', value: 'new' }], 9, false)
  pair.shift(1)
  assert.equal(pair.overlay.buildOrder(9), true)
  pair.check(keys)
})

test('thousands of effects: the tables grow and wrap around', () => {
  const pair = new Pair()
  const names = Array.from({ length: 3_000 }, (_, i) => `k${(i * 7919) % 3_000}`)
  for (const [i, key] of names.entries()) {
    pair.entry([{ space: (i & 1) as Space, key, value: `${i}` }], 9, false)
    if (i % 3 === 0) pair.shift(1)
  }
  pair.overlay.buildOrder(10_000)
  pair.check(names)
})

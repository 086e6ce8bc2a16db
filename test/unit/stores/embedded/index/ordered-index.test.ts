import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OrderedIndex } from '../../../../../src/stores/embedded/index/ordered-index.ts'
import type { OrderedRange } from '../../../../../src/stores/embedded/index/ordered-range.ts'

interface Entry {
  readonly space: number
  readonly key: Buffer
}

function order(a: Entry, b: Entry): number {
  return a.space - b.space || Buffer.compare(a.key, b.key)
}

class EntryIndex extends OrderedIndex {
  readonly table: (Entry | undefined)[] = []

  override compare(ref: number, space: number, key: Uint8Array): number {
    return order(this.table[ref]!, { space, key: Buffer.from(key) })
  }

  override keyOf(ref: number): Uint8Array {
    return this.table[ref]!.key
  }
}

/** The index beside the plainest possible model: a Map that is sorted whenever a range is asked for. */
class Pair {
  readonly index = new EntryIndex()
  readonly model = new Map<string, number>()

  insert(entry: Entry): void {
    const ref = this.index.table.push(entry) - 1
    const old = this.model.get(this.name(entry)) ?? -1
    assert.equal(this.index.insert(entry.space, entry.key, ref), old)
    if (old >= 0) this.index.table[old] = undefined
    this.model.set(this.name(entry), ref)
  }

  remove(entry: Entry): void {
    const old = this.model.get(this.name(entry)) ?? -1
    assert.equal(this.index.remove(entry.space, entry.key), old)
    if (old >= 0) this.index.table[old] = undefined
    this.model.delete(this.name(entry))
  }

  expected(range: OrderedRange): number[] {
    const refs = [...this.model.values()].filter((ref) => inRange(this.index.table[ref]!, range))
    refs.sort((a, b) => order(this.index.table[a]!, this.index.table[b]!))
    return range.reverse ? refs.reverse() : refs
  }

  check(range: OrderedRange): void {
    const expected = this.expected(range)
    const scanned: number[] = []
    this.index.scan(range, (ref) => scanned.push(ref) > 0)
    assert.deepEqual(scanned, expected)
    const stepped: number[] = []
    const cursor = this.index.cursor(range)
    for (let ref = cursor.next(); ref >= 0; ref = cursor.next()) stepped.push(ref)
    assert.equal(cursor.next(), -1)
    assert.deepEqual(stepped, expected)
    assert.equal(this.index.size, this.model.size)
  }

  private name(entry: Entry): string {
    return `${entry.space}:${entry.key.toString('hex')}`
  }
}

function inRange({ space, key }: Entry, range: OrderedRange): boolean {
  const low = range.lower === undefined ? 1 : Buffer.compare(key, range.lower)
  const high = range.upper === undefined ? -1 : Buffer.compare(key, range.upper)
  return (
    space === range.space &&
    (low > 0 || (low === 0 && range.lowerInclusive)) &&
    (high < 0 || (high === 0 && range.upperInclusive))
  )
}

function whole(space: number, reverse: boolean): OrderedRange {
  return { space, lower: undefined, lowerInclusive: true, upper: undefined, upperInclusive: true, reverse }
}

const beginnings = ['', 'common beginning:', 'common beginning:\0\0', 'c'].map((text) => Buffer.from(text))

/** Each number has a key; many share long beginnings, and many differ in zeros at the end only. */
function numbered(space: number, number: number): Entry {
  const body = number >>> 4
  const bytes = body < 256 ? [body] : [body >>> 8, body & 0xff]
  const zeros = new Uint8Array((number >>> 2) & 3)
  return { space, key: Buffer.concat([beginnings[number & 3]!, Uint8Array.from(bytes), zeros]) }
}

const anyNumber = fc.integer({ min: 0, max: 65_535 })
const anySpace = fc.constantFrom(0, 1)
const anyBound = fc.option(
  fc.oneof(
    fc.uint8Array({ minLength: 0, maxLength: 4 }),
    anyNumber.map((number) => numbered(0, number).key),
  ),
  { nil: undefined },
)
const anyRange = fc.record({
  space: anySpace,
  lower: anyBound,
  lowerInclusive: fc.boolean(),
  upper: anyBound,
  upperInclusive: fc.boolean(),
  reverse: fc.boolean(),
})
const anyOperation = fc.record({
  kind: fc.constantFrom('insert', 'insert', 'remove', 'insert-run', 'insert-run', 'remove-run', 'check'),
  space: anySpace,
  number: anyNumber,
  count: fc.integer({ min: 1, max: 3_000 }),
  stride: fc.constantFrom(1, 1, 7, 641, 65_535),
  range: anyRange,
})

test('an ordered index answers as a sorted array does', () => {
  const run = fc.property(fc.array(anyOperation, { maxLength: 24, size: 'max' }), (operations) => {
    const pair = new Pair()
    for (const { kind, space, number, count, stride, range } of operations) {
      const times = kind.endsWith('run') ? count : 1
      for (let i = 0; i < times && kind !== 'check'; i++) {
        const entry = numbered(space, (number + i * stride) % 65_536)
        if (kind.startsWith('insert')) pair.insert(entry)
        else pair.remove(entry)
      }
      if (kind === 'check') pair.check(range)
    }
    for (const space of [0, 1]) for (const reverse of [false, true]) pair.check(whole(space, reverse))
  })
  fc.assert(run, { numRuns: 60, interruptAfterTimeLimit: 20_000 })
})

test('keys that differ in nothing but the number of zeros at their end are told apart', () => {
  const pair = new Pair()
  const entry = (zeros: number): Entry => ({ space: 0, key: Buffer.concat([Buffer.from('ab'), Buffer.alloc(zeros)]) })
  for (let zeros = 599; zeros >= 0; zeros--) pair.insert(entry((zeros * 7) % 600))
  pair.check(whole(0, false))
  for (let zeros = 0; zeros < 600; zeros++) pair.remove(entry(zeros))
  assert.equal(pair.index.size, 0)
})

test('an ordered index of three levels can be emptied from the front, the back and the middle', () => {
  for (const pick of [(i: number) => i, (i: number) => 16_383 - i, (i: number) => (i * 7_505) % 16_384]) {
    const pair = new Pair()
    for (let i = 0; i < 16_384; i++) pair.insert(numbered(0, (i * 8_789) % 16_384))
    pair.check(whole(0, false))
    for (let i = 0; i < 16_384; i++) {
      pair.remove(numbered(0, pick(i)))
      if (i % 4_096 === 4_095) for (const reverse of [false, true]) pair.check(whole(0, reverse))
    }
    assert.equal(pair.index.size, 0)
    pair.insert(numbered(1, 5))
    pair.check(whole(1, true))
  }
})

test('a cursor goes on from its last key whatever changed between its steps', () => {
  const change = fc.record({ insert: fc.boolean(), number: fc.integer({ min: 0, max: 1_000 }) })
  const run = fc.property(
    anyRange,
    fc.array(
      anyNumber.map((number) => number % 1_001),
      { maxLength: 600, size: 'max' },
    ),
    fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 400, size: 'max' }),
    (range, start, changes) => {
      const pair = new Pair()
      for (const number of start) pair.insert(numbered(range.space, number))
      const cursor = pair.index.cursor(range)
      let last: Buffer | undefined
      for (const between of [...changes, []]) {
        const rest: OrderedRange =
          last === undefined
            ? range
            : range.reverse
              ? { ...range, upper: last, upperInclusive: false }
              : { ...range, lower: last, lowerInclusive: false }
        const [expected] = pair.expected(rest)
        const ref = cursor.next()
        assert.equal(ref, expected ?? -1)
        if (ref < 0) return
        last = pair.index.table[ref]!.key
        for (const { insert, number } of between) {
          if (insert) pair.insert(numbered(range.space, number))
          else pair.remove(numbered(range.space, number))
        }
      }
    },
  )
  fc.assert(run, { numRuns: 150, interruptAfterTimeLimit: 20_000 })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../../../../src/runtime/random.ts'
import { keyHash } from '../../../../../src/stores/embedded/index/key-hash.ts'
import { KeyTable } from '../../../../../src/stores/embedded/index/key-table.ts'

class NamedTable extends KeyTable {
  readonly names: string[] = []

  protected override equals(ref: number, space: number, key: Uint8Array): boolean {
    return this.names[ref] === nameOf(space, key)
  }
}

function nameOf(space: number, key: Uint8Array): string {
  return `${space}:${Buffer.from(key).toString('hex')}`
}

/** Runs one operation on the table and on a Map and compares the answers. */
function step(table: NamedTable, model: Map<string, number>, kind: string, space: number, key: Uint8Array): void {
  const name = nameOf(space, key)
  const expected = model.get(name) ?? -1
  if (kind === 'set') {
    const ref = table.names.push(name) - 1
    model.set(name, ref)
    assert.equal(table.set(space, key, ref), expected)
  } else if (kind === 'remove') {
    model.delete(name)
    assert.equal(table.remove(space, key), expected)
  } else {
    assert.equal(table.find(space, key), expected)
  }
  assert.equal(table.size, model.size)
}

test('a key table answers as a Map does, in crowded small tables', () => {
  const operation = fc.record({
    kind: fc.constantFrom('set', 'set', 'remove', 'find'),
    space: fc.constantFrom(0, 1),
    key: fc.uint8Array({ minLength: 1, maxLength: 2, max: 9 }),
  })
  const run = fc.property(
    fc.uint8Array({ minLength: 8, maxLength: 8 }),
    fc.array(operation, { maxLength: 400 }),
    (seed, operations) => {
      const table = new NamedTable(seed)
      const model = new Map<string, number>()
      for (const { kind, space, key } of operations) step(table, model, kind, space, key)
      for (const [name, ref] of model) {
        const [space, hex] = name.split(':')
        assert.equal(table.find(Number(space), Buffer.from(hex ?? '', 'hex')), ref)
      }
    },
  )
  fc.assert(run, { numRuns: 200, interruptAfterTimeLimit: 10_000 })
})

test('a key table answers as a Map does while it grows to 60,000 keys, splits, and shrinks to none', (t) => {
  const seed = 20260101
  t.diagnostic(`seed ${seed}`)
  const random = seededRandom(seed)
  const table = new NamedTable(random.bytes(8))
  const model = new Map<string, number>()
  const keys = Array.from({ length: 60_000 }, (_, i) => Buffer.from(`key:${i}:${'x'.repeat(i % 23)}`))
  const empty = table.sizeBytes()
  for (const key of keys) {
    step(table, model, 'set', 0, key)
    step(table, model, random.integer(4) === 0 ? 'remove' : 'find', 0, keys[random.integer(keys.length)]!)
  }
  const full = table.sizeBytes()
  assert.ok(full > model.size * 8 && full < model.size * 8 * 4, `${full} bytes for ${model.size} keys`)
  for (const key of keys) step(table, model, 'find', 0, key)
  for (const key of keys) {
    step(table, model, 'remove', 0, key)
    step(table, model, 'find', 0, keys[random.integer(keys.length)]!)
  }
  assert.equal(table.size, 0)
  assert.ok(table.sizeBytes() < full / 3)
  for (const key of keys.slice(0, 100)) step(table, model, 'set', 1, key)
  table.clear()
  assert.deepEqual([table.size, table.find(1, keys[0]!), table.sizeBytes()], [0, -1, empty])
})

test('the hash sees every byte, the length, the space and the seed, and spreads evenly', () => {
  const seed = Int32Array.of(1, 2)
  for (let length = 1; length <= 41; length++) {
    const key = new Uint8Array(length)
    const hashes = new Set([keyHash(seed, 0, key), keyHash(seed, 1, key), keyHash(Int32Array.of(1, 3), 0, key)])
    hashes.add(keyHash(seed, 0, new Uint8Array(length + 128)))
    for (let at = 0; at < length; at++) {
      key[at] = 0x80
      hashes.add(keyHash(seed, 0, key))
      key[at] = 0
    }
    assert.equal(hashes.size, length + 4)
  }
  const buckets = new Int32Array(256)
  for (let i = 0; i < 65_536; i++) buckets[keyHash(seed, 0, Buffer.from(`user:${i}`)) >>> 24]! += 1
  const chiSquare = buckets.reduce((sum, count) => sum + (count - 256) ** 2 / 256, 0)
  assert.ok(chiSquare < 350, `chi-square ${chiSquare} with 255 degrees of freedom`)
})

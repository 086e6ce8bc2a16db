import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../../../../src/runtime/random.ts'
import { type Runtime, systemRuntime } from '../../../../../src/runtime/runtime.ts'
import type { WalkRange } from '../../../../../src/stores/embedded/engine/engine.ts'
import { MemoryEngine } from '../../../../../src/stores/embedded/engine/memory-engine.ts'

const open = { lower: undefined, lowerInclusive: true, upper: undefined, upperInclusive: true }
const everything: WalkRange = { space: 0, ...open, reverse: false, values: true, limit: Number.MAX_SAFE_INTEGER }

/** An engine and a Map that get the same calls. */
class Twin {
  readonly engine: MemoryEngine
  readonly model = new Map<string, number>()
  private readonly value = new Uint8Array(100_000)

  constructor(runtime: Runtime) {
    this.engine = new MemoryEngine(runtime)
  }

  put(key: string, size: number): void {
    this.value.fill(size % 251, 0, size)
    this.engine.put(0, Buffer.from(key), this.value, 0, size)
    this.model.set(key, size)
  }

  remove(key: string): void {
    assert.equal(this.engine.remove(0, Buffer.from(key)), this.model.delete(key))
  }

  check(key: string): void {
    const size = this.model.get(key)
    assert.equal(this.engine.find(0, Buffer.from(key)), size !== undefined)
    if (size === undefined) return
    const { bytes, start, end } = this.engine
    assert.equal(end - start, size)
    assert.ok(bytes.subarray(start, end).every((byte) => byte === size % 251))
  }

  async checkWalk(): Promise<void> {
    const seen: [string, number][] = []
    await this.engine.walk(everything, (key, _value, start, end) => {
      seen.push([Buffer.from(key).toString(), end - start])
      return true
    })
    const sorted = [...this.model].sort(([a], [b]) => (a < b ? -1 : 1))
    assert.deepEqual(seen, sorted)
    assert.deepEqual(this.engine.count(), { keys: this.model.size, exact: true })
  }
}

test('puts, removals and moves between slabs agree with a Map, before, while and after the key order is built', async (t) => {
  const seed = 4242
  t.diagnostic(`seed ${seed}`)
  const random = seededRandom(seed)
  const clock = { now: (): number => ++ticks, wallMs: (): number => 0 }
  let ticks = 0
  let turns = 0
  const twin = new Twin({ ...systemRuntime, clock, random })
  const anyKey = (): string => `key:${random.integer(20_000)}`
  const churn = (count: number, removals: number): void => {
    for (let i = 0; i < count; i++) {
      const key = anyKey()
      if (random.integer(10) < removals) twin.remove(key)
      else twin.put(key, random.integer(random.integer(500) === 0 ? 90_000 : 400))
      if (i % 16 === 0) twin.check(anyKey())
    }
  }
  churn(30_000, 1)
  churn(30_000, 8)
  churn(20_000, 2)
  const walked = twin.checkWalk.bind(twin)
  const building = twin.engine.walk(everything, () => true)
  assert.ok(building instanceof Promise)
  let built = false
  void building.then(() => {
    built = true
  })
  for (; !built; turns++) {
    churn(20, turns % 2 === 0 ? 9 : 1)
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  assert.ok(turns > 10, `built in ${turns} turns`)
  await walked()
  assert.equal(
    twin.engine.walk({ ...everything, limit: 1 }, () => true),
    undefined,
  )
  for (const removals of [9, 2, 9]) {
    churn(20_000, removals)
    await walked()
  }
})

test('memory follows the data down, whichever records are removed', () => {
  const value = new Uint8Array(128)
  for (const keep of [(i: number): boolean => i % 20 === 0, (i: number): boolean => i < 10_000]) {
    const engine = new MemoryEngine(systemRuntime)
    const empty = engine.sizeBytes()
    const key = (i: number): Buffer => Buffer.from(`key:${String(i).padStart(12, '0')}`)
    for (let i = 0; i < 200_000; i++) engine.put(0, key(i), value, 0, 128)
    const full = engine.sizeBytes()
    assert.ok(full < 200_000 * 200, `${full} bytes for 200,000 records of 144`)
    for (let i = 0; i < 200_000; i++) if (!keep(i)) engine.remove(0, key(i))
    assert.equal(engine.count().keys, 10_000)
    const left = engine.sizeBytes()
    assert.ok(left < full * 0.13, `${left} bytes for 10,000 records of 144`)
    for (let i = 0; i < 200_000; i++) assert.equal(engine.find(0, key(i)), keep(i))
    for (let i = 0; i < 200_000; i++) engine.remove(0, key(i))
    assert.ok(engine.sizeBytes() < empty + 3_000_000)
  }
})

test('a value may come from the engine itself', () => {
  const engine = new MemoryEngine(systemRuntime)
  engine.put(0, Buffer.from('a'), Buffer.from('0123456789'), 0, 10)
  assert.ok(engine.find(0, Buffer.from('a')))
  engine.put(0, Buffer.from('a'), engine.bytes, engine.start + 2, engine.end)
  assert.ok(engine.find(0, Buffer.from('a')))
  engine.put(0, Buffer.from('b'), engine.bytes, engine.start, engine.end)
  assert.ok(engine.find(0, Buffer.from('b')))
  assert.equal(Buffer.from(engine.bytes.subarray(engine.start, engine.end)).toString(), '23456789')
})

test('a close ends a build that is under way', async () => {
  const ticking = { now: (): number => ticks++, wallMs: (): number => 0 }
  let ticks = 0
  const engine = new MemoryEngine({ ...systemRuntime, clock: ticking })
  for (let i = 0; i < 1_000; i++) engine.put(0, Buffer.from(`${i}`), Buffer.from('v'), 0, 1)
  const building = engine.walk(everything, () => true)
  await engine.close()
  await assert.rejects(building as Promise<void>, /closed/)
})

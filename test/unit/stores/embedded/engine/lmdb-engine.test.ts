import assert from 'node:assert/strict'
import { pbkdf2 } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { maxKeptBytes } from '../../../../../src/ingress/output-pool.ts'
import type { WalkRange } from '../../../../../src/stores/embedded/engine/engine.ts'
import { LmdbEngine, type LmdbSettings } from '../../../../../src/stores/embedded/engine/lmdb-engine.ts'

const mark = Buffer.from('mark')
const bounds = { lower: undefined, lowerInclusive: true, upper: undefined, upperInclusive: true }
const everything: WalkRange = { space: 0, ...bounds, reverse: false, values: true, limit: Number.MAX_SAFE_INTEGER }

async function openEngine(t: TestContext, settings: Partial<LmdbSettings> = {}): Promise<LmdbEngine> {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-lmdb-'))
  const engine = new LmdbEngine({ directory: join(directory, 'deep', 'lmdb'), ...settings })
  t.after(async () => {
    await engine.close()
    await rm(directory, { recursive: true })
  })
  await engine.open()
  return engine
}

test('the file grows past its map while it is read', async (t) => {
  const mapBytes = 2 ** 20
  const engine = await openEngine(t, { mapBytes })
  const value = Buffer.alloc(20_000, 'v')
  let walks = 0
  for (let batch = 0; batch < 40; batch++) {
    const changes = Array.from({ length: 50 }, (_, i) => ({
      space: 0 as const,
      key: Buffer.from(`${batch}:${i}`),
      value,
    }))
    const applied = engine.apply(changes, mark)
    let seen = 0
    engine.walk(everything, (_key, bytes, start, end) => {
      seen += 1
      return end - start === value.length && bytes[end - 1] === 0x76
    })
    assert.equal(seen, batch * 50)
    walks += 1
    await applied
    assert.ok(engine.find(0, Buffer.from(`${batch}:49`)))
    assert.equal(engine.end - engine.start, value.length)
  }
  assert.equal(walks, 40)
  assert.ok(engine.sizeBytes() > 30 * mapBytes)
  assert.deepEqual(engine.count(), { keys: 2_000, exact: true })
})

test('what one of several engines found is not overwritten by the next', async (t) => {
  const [one, other] = [await openEngine(t), await openEngine(t)]
  const key = Buffer.from('key')
  for (const [place, engine] of [one, other].entries()) {
    await engine.apply([{ space: 0, key, value: Buffer.alloc(1_000, place + 1) }], mark)
  }
  assert.ok(one.find(0, key) && other.find(0, key))
  assert.deepEqual([one.bytes[one.end - 1], other.bytes[other.end - 1]], [1, 2])
})

test('look-ups answer with memory of which the ingress keeps its view', async (t) => {
  const engine = await openEngine(t, { alone: true })
  await engine.apply([{ space: 0, key: mark, value: Buffer.alloc(144) }], mark)
  assert.ok(engine.find(0, mark))
  const { bytes } = engine
  assert.ok(bytes.buffer.byteLength <= maxKeptBytes, `${bytes.buffer.byteLength} bytes`)
  assert.ok(engine.find(0, mark))
  assert.equal(engine.bytes, bytes, 'and with the same again')
})

test('holds a value of 64 MiB', async (t) => {
  const engine = await openEngine(t)
  const value = Buffer.alloc(64 * 2 ** 20, 'ab')
  await engine.apply([{ space: 0, key: Buffer.from('large'), value }], mark)
  assert.ok(engine.find(0, Buffer.from('large')))
  assert.ok(value.equals(engine.bytes.subarray(engine.start, engine.end)))
  const [fetched] = await engine.fetch(0, [Buffer.from('large')])
  assert.ok(fetched !== undefined && value.equals(fetched))
  let walked = false
  engine.walk(everything, (_key, bytes, start, end) => {
    walked = value.equals(bytes.subarray(start, end))
    return true
  })
  assert.ok(walked)
})

test('count follows each transaction, and neither the other space nor the mark is in it', async (t) => {
  const engine = await openEngine(t)
  assert.deepEqual(engine.count(), { keys: 0, exact: true })
  const key = Buffer.from('k')
  await engine.apply([{ space: 0, key, value: key }], mark)
  await engine.apply([{ space: 1, key, value: key }], mark)
  assert.deepEqual(engine.count(), { keys: 1, exact: true })
  await engine.apply([{ space: 0, key, value: undefined }], mark)
  assert.deepEqual(engine.count(), { keys: 0, exact: true })
})

test('a second apply while one is under way is refused, and the first one completes', async (t) => {
  const engine = await openEngine(t)
  const first = engine.apply([{ space: 0, key: Buffer.from('a'), value: mark }], mark)
  await assert.rejects(engine.apply([{ space: 0, key: Buffer.from('b'), value: mark }], mark), /under way/)
  await first
  assert.ok(engine.find(0, Buffer.from('a')))
  assert.equal(engine.find(0, Buffer.from('b')), false)
})

test('nothing works before open and after close, and close waits for a transaction', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-lmdb-'))
  t.after(() => rm(directory, { recursive: true }))
  const engine = new LmdbEngine({ directory })
  await assert.rejects(engine.apply([], mark), /not open/)
  await engine.close()
  await engine.open()
  const applied = engine.apply([{ space: 0, key: Buffer.from('a'), value: mark }], mark)
  await Promise.all([applied, engine.close()])
  await assert.rejects(engine.apply([], mark), /not open/)
  await assert.rejects(engine.flushed(), /not open/)
  assert.throws(() => engine.count(), /not open/)
  assert.throws(() => engine.sizeBytes(), /not open/)
  const again = new LmdbEngine({ directory })
  assert.deepEqual(Buffer.from((await again.open()) ?? []), mark)
  assert.ok(again.find(0, Buffer.from('a')))
  await again.close()
  assert.deepEqual((await readdir(directory)).sort(), ['data.mdb', 'lock.mdb'])
})

test('close waits for flushes that have not begun', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-lmdb-'))
  t.after(() => rm(directory, { recursive: true }))
  const engine = new LmdbEngine({ directory })
  await engine.open()
  await engine.apply([{ space: 0, key: Buffer.from('a'), value: mark }], mark)
  // Holds all threads of the pool, so that the flushes are still queued when the engine is closed.
  const busy = Array.from({ length: 8 }, () => promisify(pbkdf2)('p', 's', 20_000, 64, 'sha512'))
  const flushes = [engine.flushed(), engine.flushed()]
  await engine.close()
  await Promise.all([...flushes, ...busy])
})

test('a file that cannot be opened is an error', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-lmdb-'))
  t.after(() => rm(directory, { recursive: true }))
  await mkdir(join(directory, 'lock.mdb'))
  await assert.rejects(new LmdbEngine({ directory }).open(), { code: 'EISDIR' })
})

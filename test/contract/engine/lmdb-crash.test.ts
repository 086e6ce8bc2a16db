import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '../../../src/runtime/random.ts'
import { LmdbEngine } from '../../../src/stores/embedded/engine/lmdb-engine.ts'
import { batchChanges, decodeBatch } from './crash-batches.ts'
import { bytesOf, type Pair, textOf, walked, whole } from './engine-case.ts'

const rounds = 8

/** Lets a child apply batches until it has told of `count` more, kills it `laterMs` later, and answers the last told. */
async function applyUntilKilled(directory: string, count: number, laterMs: number): Promise<number> {
  const script = fileURLToPath(new URL(`./crash-child${extname(import.meta.url)}`, import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let told = 0
  let seen = 0
  for await (const line of createInterface(child.stdout)) {
    if (line === 'open') continue
    told = Number(line)
    seen += 1
    if (seen === count) {
      setTimeout(() => child.kill('SIGKILL'), laterMs)
    }
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  assert.equal(child.signalCode, 'SIGKILL')
  return told
}

/** The contents after all batches up to `last`. */
function expected(last: number): [Map<string, string>, Map<string, string>] {
  const spaces: [Map<string, string>, Map<string, string>] = [new Map(), new Map()]
  for (let batch = 1; batch <= last; batch++) {
    for (const { space, key, value } of batchChanges(batch)) {
      if (value === undefined) spaces[space].delete(textOf(key))
      else spaces[space].set(textOf(key), textOf(value))
    }
  }
  return spaces
}

test('lmdb: after kill -9 at any moment, the mark and the data agree and no finished batch is missing', async (t) => {
  const seed = 7
  t.diagnostic(`seed ${seed}`)
  const random = seededRandom(seed)
  const directory = await mkdtemp(join(tmpdir(), 'headgate-engine-crash-'))
  t.after(() => rm(directory, { recursive: true }))
  let total = 0
  for (let round = 0; round < rounds; round++) {
    const told = await applyUntilKilled(directory, 1 + random.integer(4), random.integer(100))
    const engine = new LmdbEngine({ directory })
    const applied = decodeBatch(await engine.open())
    assert.ok(applied >= told, `batch ${told} was reported, the mark says ${applied}`)
    assert.ok(applied > total)
    total = applied
    for (const space of [0, 1] as const) {
      const sorted: Pair[] = [...expected(applied)[space]].sort(([a], [b]) => Buffer.compare(bytesOf(a), bytesOf(b)))
      assert.deepEqual(await walked(engine, whole(space)), sorted)
    }
    await engine.close()
  }
})

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Change, recordSpace } from '../../../../../src/stores/embedded/engine/engine.ts'
import { LmdbEngine } from '../../../../../src/stores/embedded/engine/lmdb-engine.ts'
import { checkLmdbFile, LmdbDamaged } from '../../../../../src/stores/embedded/engine/lmdb-file.ts'

const pageBytes = 4096

/** A closed file with records of all sizes, in both orders of writing: trees of some depth, and values on pages of their own. */
async function madeFile(t: TestContext): Promise<{ readonly directory: string; readonly path: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'headgate-lmdb-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const engine = new LmdbEngine({ directory })
  await engine.open()
  for (let round = 0; round < 5; round++) {
    const changes = Array.from({ length: 900 }, (_, i): Change => {
      const value = Buffer.alloc(i % 100 === 0 ? 9_000 : 150, round)
      return { space: recordSpace, key: Buffer.from(`key ${round} ${i}`), value }
    })
    await engine.apply(changes, Buffer.from(`${round}`))
  }
  await engine.flushed()
  await engine.close()
  return { directory, path: join(directory, 'data.mdb') }
}

const check = (path: string): void => checkLmdbFile(path, 'Do this.')

test('a file as the engine left it is taken, and so is none', async (t) => {
  const { directory, path } = await madeFile(t)
  check(path)
  check(join(directory, 'none.mdb'))
  writeFileSync(join(directory, 'empty.mdb'), '')
  check(join(directory, 'empty.mdb'))
  const engine = new LmdbEngine({ directory })
  assert.equal(Buffer.from((await engine.open())!).toString(), '4')
  assert.equal(engine.count().keys, 4_500)
  await engine.close()
})

test('a file whose beginning is damaged is refused in words, by the engine too', async (t) => {
  const { directory, path } = await madeFile(t)
  const whole = readFileSync(path)
  const damages: readonly ((bytes: Buffer) => Buffer)[] = [
    (bytes) => bytes.fill(0, 0, 2 * pageBytes),
    (bytes) => bytes.fill(0, 0, 512),
    (bytes) => bytes.fill(0, pageBytes, 2 * pageBytes),
    (bytes) => bytes.fill(0xff, 24, 28),
    (bytes) => bytes.fill(7, 48, 52),
    (bytes) => bytes.subarray(0, 100),
    (bytes) => bytes.subarray(0, pageBytes),
  ]
  for (const damage of damages) {
    writeFileSync(path, damage(Buffer.from(whole)))
    assert.throws(() => check(path), {
      message: `${path} is damaged: it does not begin as a file of LMDB does. Do this.`,
    })
    await assert.rejects(
      new LmdbEngine({ directory }).open(),
      /data\.mdb is damaged: .*move .*begins with the first entry/,
    )
  }
})

test('a file that lacks a page of its trees is refused, wherever it was cut off', async (t) => {
  const { directory, path } = await madeFile(t)
  const pages = readFileSync(path).length / pageBytes
  assert.ok(pages > 100)
  for (const left of [pages - 1, pages - 2, Math.floor(pages / 2), 10, 3, 2]) {
    truncateSync(path, left * pageBytes)
    assert.throws(() => check(path), LmdbDamaged, `${left} pages of ${pages}`)
    assert.throws(() => check(path), new RegExp(`page \\d+ is needed, and it ends after ${left}\\. Do this`))
    await assert.rejects(new LmdbEngine({ directory }).open(), LmdbDamaged)
  }
})

test('a file that is shorter than its last page, but lacks none that is in use, is taken', async (t) => {
  const { path } = await madeFile(t)
  const bytes = readFileSync(path)
  // As if a transaction had taken three pages more and given them back before it ended.
  for (const meta of [0, pageBytes]) bytes.writeBigUInt64LE(bytes.readBigUInt64LE(meta + 144) + 3n, meta + 144)
  writeFileSync(path, bytes)
  check(path)
})

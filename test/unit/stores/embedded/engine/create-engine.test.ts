import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { systemRuntime } from '../../../../../src/runtime/runtime.ts'
import { createEngine } from '../../../../../src/stores/embedded/engine/create-engine.ts'

test('each name makes its engine, which touches no file before it is opened', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-create-'))
  t.after(() => rm(directory, { recursive: true }))
  for (const name of ['lmdb', 'rocksdb', 'memory'] as const) {
    const engine = createEngine(name, directory, systemRuntime)
    assert.equal(engine.name, name)
    assert.equal(engine.durable, name !== 'memory')
    assert.equal(engine.syncReads, name !== 'rocksdb')
    assert.equal(existsSync(join(directory, name)), false)
  }
  const lmdb = createEngine('lmdb', directory, systemRuntime)
  await lmdb.open()
  await lmdb.close()
  assert.ok(existsSync(join(directory, 'lmdb', 'data.mdb')))
})

test('without its optional package the rocksdb engine says what to install', async () => {
  const hooks = `export async function resolve(name, context, next) {
    if (name !== 'rocksdb-native') return next(name, context)
    throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
  }`
  const engine = new URL(
    `../../../../../src/stores/embedded/engine/rocksdb-engine${extname(import.meta.url)}`,
    import.meta.url,
  )
  const script = `import { register } from 'node:module'
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}))
    const { RocksdbEngine } = await import(${JSON.stringify(engine.href)})
    await new RocksdbEngine({ directory: '/nowhere' }).open().catch((error) => console.log(error.message))`
  const run = await promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script])
  assert.match(run.stdout, /needs the optional package rocksdb-native; run: npm install rocksdb-native/)
})

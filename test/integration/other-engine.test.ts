import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { request } from 'undici'
import { type RunningNode, startNode } from '../../src/assemble.ts'
import { clusterKeys } from '../../src/cluster/coordination/cluster-records.ts'
import { openEmbeddedCoordinator } from '../../src/cluster/coordination/embedded-coordinator.ts'
import { journalDirectory } from '../../src/cluster/coordination/journal-file.ts'
import { loadSettings } from '../../src/config/load.ts'
import { systemRuntime } from '../../src/runtime/runtime.ts'

type EngineName = 'lmdb' | 'rocksdb' | 'memory'

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-engine-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function start(folder: string, engine: EngineName, durability = 'group'): Promise<RunningNode> {
  const file = join(folder, 'headgate.yaml')
  writeFileSync(
    file,
    `cluster: engines
node: { dataDir: ${join(folder, 'data')} }
listen: { http: { port: 0 }, resp: { port: 0 }, admin: { port: 0 } }
store: { kind: embedded, engine: ${engine}, durability: ${durability}, logSegment: 16MiB }
sharding: { shards: 2 }
log: { level: silent }
`,
    { mode: 0o600 },
  )
  const loaded = loadSettings({ file, overrides: [], environment: {} })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return startNode(loaded.settings)
}

/** What a node answers to a write: the token names the epoch and the position. */
async function put(node: RunningNode): Promise<string> {
  const { statusCode, headers, body } = await request(urlOf(node), { method: 'PUT', body: 'v' })
  await body.dump()
  assert.ok(statusCode === 201 || statusCode === 204, `status ${statusCode}`)
  return String(headers['headgate-token'])
}

async function statusOfGet(node: RunningNode): Promise<number> {
  const { statusCode, body } = await request(urlOf(node))
  await body.dump()
  return statusCode
}

function urlOf(node: RunningNode): string {
  return `http://127.0.0.1:${node.addresses.http.port}/v1/records/key`
}

/** A life that writes one record, and ends in order. */
async function live(folder: string, engine: EngineName, durability?: string): Promise<string> {
  const node = await start(folder, engine, durability)
  try {
    return await put(node)
  } finally {
    await node.stop()
  }
}

/** As a release left it that wrote down no engine. */
async function forgetRecord(folder: string): Promise<void> {
  const directory = journalDirectory(join(folder, 'data', 'coordination'))
  const coordinator = await openEmbeddedCoordinator(directory, systemRuntime)
  const forget = { op: 'delete', key: clusterKeys.store('n1') } as const
  const { responses } = await coordinator.transact({ compare: [], success: [forget] })
  assert.deepEqual(responses, [{ op: 'delete', deleted: 1 }])
  await coordinator.close()
}

/** Names and sizes of all files of the shards. */
function shardFiles(folder: string): string[] {
  const root = join(folder, 'data', 'shards')
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  return files.map((file) => `${file} ${statSync(join(root, file)).size}`).toSorted()
}

const refusal = (wanted: EngineName, found: EngineName) => ({
  code: 'other-engine',
  message: new RegExp(`store\\.engine is ${wanted}, but this data was created with ${found};`),
})

test('another engine than the one that holds the data is refused, and nothing is touched', async (t) => {
  const folder = folderFor(t)
  await live(folder, 'lmdb')
  const before = shardFiles(folder)
  for (const recorded of [true, false]) {
    if (!recorded) await forgetRecord(folder)
    for (const engine of ['rocksdb', 'memory'] as const) {
      await assert.rejects(start(folder, engine), refusal(engine, 'lmdb'))
    }
  }
  assert.deepEqual(shardFiles(folder), before)
  const node = await start(folder, 'lmdb')
  const status = await statusOfGet(node).finally(() => node.stop())
  assert.equal(status, 200)
})

test('a log without the folder of its engine is not taken for the log of another one', async (t) => {
  const folder = folderFor(t)
  await live(folder, 'lmdb')
  for (const shard of ['1', '2']) rmSync(join(folder, 'data', 'shards', shard, 'lmdb'), { recursive: true })
  await assert.rejects(start(folder, 'rocksdb'), refusal('rocksdb', 'lmdb'))
})

test('a folder that holds two engines is not guessed about', async (t) => {
  const folder = folderFor(t)
  await live(folder, 'lmdb')
  await forgetRecord(folder)
  const second = join(folder, 'data', 'shards', '1', 'rocksdb')
  mkdirSync(second)
  for (const engine of ['lmdb', 'rocksdb'] as const) {
    await assert.rejects(start(folder, engine), { code: 'other-engine', message: /lmdb and of rocksdb, .*keep a copy/ })
  }
  rmSync(second, { recursive: true })
  await live(folder, 'lmdb')
})

test('positions of one life are never given out again by another, whatever was lost between them', async (t) => {
  const lives: readonly (readonly [EngineName, string])[] = [
    ['memory', 'group'],
    ['lmdb', 'os'],
    ['lmdb', 'group'],
  ]
  for (const [engine, durability] of lives) {
    const folder = folderFor(t)
    const forgotten = await live(folder, engine, durability)
    rmSync(join(folder, 'data', 'shards'), { recursive: true, force: true })
    for (const shard of ['1', '2']) beginEmpty(join(folder, 'data', 'shards', shard))
    assert.notEqual(await live(folder, 'lmdb'), forgotten, `${engine} ${durability}: a token that names two writes`)
  }
})

function beginEmpty(shard: string): void {
  mkdirSync(shard, { recursive: true })
  writeFileSync(join(shard, 'shard.json'), '')
}

test('a shard whose folder is gone or empty is not taken for an empty one, unless somebody says so', async (t) => {
  for (const engine of ['lmdb', 'rocksdb'] as const) {
    const folder = folderFor(t)
    await live(folder, engine)
    const shards = join(folder, 'data', 'shards')
    renameSync(shards, `${shards}.away`)
    const lost = { code: 'shards-lost', message: /shards\/1, .*shards\/2: missing or empty, .*Put the data back/ }
    for (let i = 0; i < 2; i++) await assert.rejects(start(folder, engine), lost)
    renameSync(`${shards}.away`, shards)
    await live(folder, engine)
    rmSync(join(shards, '2'), { recursive: true })
    await assert.rejects(start(folder, engine), { code: 'shards-lost', message: /^[^,]*shards\/2: missing/ })
    mkdirSync(join(shards, '2'))
    await assert.rejects(start(folder, engine), { code: 'shards-lost', message: /^[^,]*shards\/2: missing or empty/ })
    beginEmpty(join(shards, '2'))
    await live(folder, engine)
  }
})

test('shards whose folders were exchanged, or are those of another cluster, are refused', async (t) => {
  const folder = folderFor(t)
  await live(folder, 'lmdb')
  const shards = join(folder, 'data', 'shards')
  const exchange = (): void => {
    renameSync(join(shards, '1'), join(shards, '3'))
    renameSync(join(shards, '2'), join(shards, '1'))
    renameSync(join(shards, '3'), join(shards, '2'))
  }
  exchange()
  const mixed = { code: 'shards-mixed', message: /shards\/1 holds shard 2 of cluster .*back where they belong/ }
  for (let i = 0; i < 2; i++) await assert.rejects(start(folder, 'lmdb'), mixed)
  exchange()
  await live(folder, 'lmdb')
  const identity = join(shards, '2', 'shard.json')
  const { cluster } = JSON.parse(readFileSync(identity, 'utf8')) as { cluster: string }
  writeFileSync(identity, JSON.stringify({ cluster: `not-${cluster}`, shard: 2 }))
  await assert.rejects(start(folder, 'lmdb'), { code: 'shards-mixed', message: /shard 2 of cluster not-/ })
  writeFileSync(identity, '{"clust')
  await assert.rejects(start(folder, 'lmdb'), { code: 'shards-mixed', message: /shard.json is damaged/ })
  rmSync(identity)
  await live(folder, 'lmdb')
})

test('a first start that ended before its shards were opened is gone on with', async (t) => {
  const folder = folderFor(t)
  for (const shard of ['1', '2']) mkdirSync(join(folder, 'data', 'shards', shard), { recursive: true })
  await live(folder, 'lmdb')
  const other = folderFor(t)
  await live(other, 'memory')
  await live(other, 'lmdb')
})

test('shards without their coordination are refused, and start again once it is back', async (t) => {
  const folder = folderFor(t)
  await live(folder, 'lmdb')
  const before = shardFiles(folder)
  const coordination = join(folder, 'data', 'coordination')
  renameSync(coordination, `${coordination}.away`)
  for (let i = 0; i < 2; i++) {
    await assert.rejects(start(folder, 'lmdb'), { code: 'coordination-lost', message: /shards holds data.*Put coord/ })
  }
  assert.deepEqual(shardFiles(folder), before)
  rmSync(coordination, { recursive: true })
  renameSync(`${coordination}.away`, coordination)
  await live(folder, 'lmdb')
})

test('what a client holds of an earlier life is still good after a restart: its ETag and its token', async (t) => {
  const folder = folderFor(t)
  const token = await live(folder, 'lmdb')
  const node = await start(folder, 'lmdb')
  try {
    const read = await request(urlOf(node), { headers: { 'headgate-token': token } })
    await read.body.dump()
    assert.equal(read.statusCode, 200)
    const etag = String(read.headers['etag'])
    const put = (value: string) =>
      request(urlOf(node), { method: 'PUT', body: value, headers: { 'if-match': etag } }).then(async (answer) => {
        await answer.body.dump()
        return answer
      })
    const changed = await put('w')
    assert.equal(changed.statusCode, 204)
    assert.notEqual(changed.headers['etag'], etag)
    assert.equal((await put('x')).statusCode, 412)
  } finally {
    await node.stop()
  }
})

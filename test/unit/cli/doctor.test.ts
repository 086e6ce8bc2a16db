import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { folderHolder } from '../../../src/cli/doctor/folder-holder.ts'
import {
  checkClock,
  checkKernel,
  checkMemory,
  checkNodeVersion,
  checkOpenFiles,
} from '../../../src/cli/doctor/machine-checks.ts'
import { exitCodes } from '../../../src/cli/exit-codes.ts'
import { loadSettings } from '../../../src/config/load.ts'
import { systemRandom } from '../../../src/runtime/random.ts'
import { lockData } from '../../../src/stores/data-lock.ts'
import { temporaryFolder } from '../config/loading.ts'
import { cli } from './captured-cli.ts'

const loaded = loadSettings({ file: undefined, overrides: [], environment: {} })
assert.ok(loaded.ok)
const { settings } = loaded

describe('what the doctor looks at', () => {
  test('the version of Node.js', () => {
    const verdict = (version: string) => checkNodeVersion(version).verdict
    assert.deepEqual(['18.20.4', '20.18.3', '20.19.0', '22.0.0'].map(verdict), ['fail', 'fail', 'ok', 'ok'])
  })

  test('open files', () => {
    const limits = (soft: string) =>
      `Limit  Soft  Hard  Units\nMax open files            ${soft}     524288     files\n`
    assert.equal(checkOpenFiles(limits('20000'), settings).verdict, 'ok')
    assert.equal(checkOpenFiles(limits('unlimited'), settings).verdict, 'ok')
    assert.equal(checkOpenFiles(undefined, settings).verdict, 'warn')
    const few = checkOpenFiles(limits('1024'), settings)
    assert.match(
      `${few.verdict} ${few.detail} ${few.advice}`,
      /warn limit 1,024, enough for 512 .* raise the limit to 20000/,
    )
    const small = { ...settings, limits: { ...settings.limits, maxConnections: 100 } }
    assert.equal(checkOpenFiles(limits('256'), small).verdict, 'ok')
    const many = checkOpenFiles(limits('256'), { ...small, sharding: { ...small.sharding, shards: 8 } })
    assert.match(`${many.verdict} ${many.detail} ${many.advice}`, /warn limit 256, too few for 8 shards.* to 470 /)
  })

  test('memory', () => {
    assert.equal(checkMemory(4 * 1024 ** 3, settings).verdict, 'ok')
    assert.match(checkMemory(512 * 1024 ** 2, settings).advice ?? '', /lower store\.backlog or limits\.mergeBudget/)
  })

  test('the kernel', () => {
    const verdicts = (pages: string, overcommit: string) =>
      checkKernel((path) => (path.includes('hugepage') ? pages : overcommit)).map(({ verdict }) => verdict)
    assert.deepEqual(verdicts('always [madvise] never', '0\n'), ['ok', 'ok'])
    assert.deepEqual(verdicts('[always] madvise never', '2\n'), ['warn', 'warn'])
    assert.deepEqual(
      checkKernel(() => undefined),
      [],
    )
  })

  test('the clock', async () => {
    const verdict = async (wall: readonly number[], steady: readonly number[]) => {
      const [walls, steadies] = [[...wall], [...steady]]
      const clock = { wallMs: () => walls.shift() ?? 0, now: () => steadies.shift() ?? 0 }
      const after = (_: number, task: () => void) => {
        task()
        return { cancel: () => {} }
      }
      return (await checkClock({ clock, timers: { after } }, () => () => {})).verdict
    }
    const now = Date.UTC(2030, 0, 1)
    assert.equal(await verdict([now, now + 200], [5, 205]), 'ok')
    assert.equal(await verdict([now, now + 900], [5, 205]), 'warn')
    assert.equal(await verdict([0, 200], [5, 205]), 'fail')
  })

  test('who holds the data folder', { skip: process.platform !== 'linux' }, async (t) => {
    const folder = temporaryFolder(t)
    assert.equal(folderHolder(folder), undefined)
    const child = spawn('sh', ['-c', 'exec 3>data.mdb; echo ready; read line'], { cwd: folder })
    t.after(() => child.kill())
    await once(child.stdout, 'data')
    assert.equal(folderHolder(folder), child.pid)
  })
})

describe('headgate doctor', () => {
  const portsFree = ['http', 'resp', 'admin'].flatMap((name) => ['--set', `listen.${name}.port=0`])

  test('finds nothing that would keep Headgate from running here, and leaves nothing behind', async (t) => {
    const folder = join(temporaryFolder(t), 'data')
    mkdirSync(folder)
    const { code, out } = await cli(['doctor', '--json', '--set', `node.dataDir=${folder}`, ...portsFree])
    const { ok, findings } = JSON.parse(out)
    assert.equal(ok, true, out)
    assert.equal(code, exitCodes.ok)
    const names = findings.map(({ name }: { name: string }) => name)
    for (const name of [
      'node',
      'clock',
      'configuration',
      'open files',
      'data folder',
      'disk',
      'fsync',
      'listen.http',
    ]) {
      assert.ok(names.includes(name), name)
    }
    assert.deepEqual(readdirSync(folder), [])
  })

  test('a data folder that another node holds fails', async (t) => {
    const folder = temporaryFolder(t)
    const lock = await lockData(folder, systemRandom)
    t.after(() => lock.release())
    const { code, out } = await cli(['doctor', '--set', `node.dataDir=${folder}`, ...portsFree])
    assert.equal(code, exitCodes.failed)
    assert.match(out, /FAIL {2}data folder +.* is in use by another process\n +one process at a time/)
  })

  test('a data folder that cannot be made fails, not only its disk', async (t) => {
    const file = join(temporaryFolder(t), 'file')
    writeFileSync(file, '')
    for (const engine of ['lmdb', 'memory']) {
      const set = ['--set', `node.dataDir=${file}/data`, '--set', `store.engine=${engine}`, ...portsFree]
      const { code, out } = await cli(['doctor', ...set])
      assert.equal(code, exitCodes.failed)
      assert.match(
        out,
        /FAIL {2}data folder +.*\/file\/data cannot be used: .*\/file is not a folder\n +change its owner/,
      )
      assert.doesNotMatch(out, /will be made/)
    }
  })

  test('a port that is taken fails, with what to do', async (t) => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const { port } = server.address() as { port: number }
    const set = ['--set', 'store.engine=memory', ...portsFree, '--set', `listen.resp.port=${port}`]
    const { code, out } = await cli(['doctor', ...set])
    assert.equal(code, exitCodes.failed)
    assert.match(out, new RegExp(`FAIL {2}listen\\.resp +127\\.0\\.0\\.1:${port} cannot be used\\n +.*already in use`))
    assert.match(out, /1 failed\n$/)
  })

  test('a wrong configuration fails, with its problems', async () => {
    const { code, out } = await cli(['doctor', '--set', 'limits.timeout=1'])
    assert.equal(code, exitCodes.failed)
    assert.match(out, /FAIL {2}configuration {2}--set limits\.timeout: .*must be a duration/)
  })
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import type { RunningNode } from '../../../src/assemble.ts'
import { exitCodes } from '../../../src/cli/exit-codes.ts'
import type { StartNode } from '../../../src/cli/run.ts'
import { ClusterMismatch } from '../../../src/cluster/coordination/cluster-state.ts'
import type { Settings } from '../../../src/config/settings.ts'
import { DataLocked } from '../../../src/stores/data-lock.ts'
import { LogDamaged } from '../../../src/stores/embedded/log/recovery.ts'
import { CapturedIo, cli } from './captured-cli.ts'

const address = (port: number) => ({ host: '127.0.0.1', port })

interface FakeNode {
  readonly start: StartNode
  readonly started: Settings[]
  stops: number
  readonly reloads: string[]
}

function fakeNode(stop: () => Promise<void> = async () => {}): FakeNode {
  const fake: FakeNode = {
    started: [],
    stops: 0,
    reloads: [],
    start: async (settings): Promise<RunningNode> => {
      fake.started.push(settings)
      return {
        addresses: { http: address(4000), resp: address(4001), admin: address(4002) },
        stopRequested: new Promise(() => {}),
        reload: (why) => fake.reloads.push(why),
        stop: () => {
          fake.stops++
          return stop()
        },
      }
    },
  }
  return fake
}

describe('headgate run', () => {
  test('starts with the settings, says where it is and how to stop, drains at a signal', async () => {
    const [io, node] = [new CapturedIo(), fakeNode()]
    const ended = cli(['run', '--set', 'node.dataDir=/data/x', '--set', 'sharding.shards=4'], io, node.start)
    await io.until(/Ctrl-C/)
    assert.equal(node.started[0]?.sharding.shards, 4)
    assert.match(
      io.err,
      /HTTP {3}http:\/\/127\.0\.0\.1:4000\n {2}Redis {2}127\.0\.0\.1:4001\n {2}Admin {2}http:\/\/127\.0\.0\.1:4002/,
    )
    assert.match(io.err, /Data {3}\/data\/x \(lmdb, 4 shards, fsync before/)
    assert.match(io.err, /Admin .* \(a page for browsers, health, /)
    // Without a type of its own curl says that the text is a form.
    assert.match(
      io.err,
      /curl -X PUT http:\/\/127\.0\.0\.1:4000\/v1\/records\/hello -H 'Content-Type: text\/plain' -d world/,
    )
    io.signal('SIGTERM')
    assert.deepEqual(await ended, { code: exitCodes.ok, out: '', err: io.err })
    assert.equal(node.stops, 1)
    assert.match(io.err, /stopping: finishing what runs, for 8 s at most\nstopped\n$/)
    assert.equal(io.listening, 0)
  })

  test('SIGHUP reloads, and stops a node whose terminal has gone', async () => {
    const [io, node] = [new CapturedIo(), fakeNode()]
    const ended = cli(['run'], io, node.start)
    await io.until(/Ctrl-C/)
    io.hangUp()
    assert.deepEqual([node.reloads, node.stops], [['SIGHUP'], 0])
    io.stderr.isTTY = true
    io.hangUp()
    assert.equal((await ended).code, exitCodes.ok)
    assert.deepEqual([node.reloads.length, node.stops, io.listening], [1, 1, 0])
  })

  test('SIGHUP while it starts reloads once it has started', async () => {
    const [io, node] = [new CapturedIo(), fakeNode()]
    const ended = cli(['run'], io, (settings, options) => {
      io.hangUp()
      io.hangUp()
      return node.start(settings, options)
    })
    await io.until(/Ctrl-C/)
    io.signal('SIGTERM')
    assert.equal((await ended).code, exitCodes.ok)
    assert.deepEqual(node.reloads, ['SIGHUP while the node started'])
  })

  test('--json adds one line for scripts', async () => {
    const [io, node] = [new CapturedIo(), fakeNode()]
    const ended = cli(['run', '--json'], io, node.start)
    await io.until(/started/)
    const line = JSON.parse(io.out)
    assert.deepEqual([line.event, line.http, line.pid], ['started', address(4000), process.pid])
    io.signal('SIGINT')
    await ended
  })

  test('tells those who need a token to send it', async () => {
    const [io, node] = [new CapturedIo(), fakeNode()]
    const clients = 'security.clients=[{name: app, token: 0123456789abcdef}]'
    const ended = cli(['run', '--set', clients], io, node.start)
    await io.until(/Ctrl-C/)
    assert.match(io.err, /curl -H "Authorization: Bearer \$TOKEN" -X PUT/)
    assert.doesNotMatch(io.err, /0123456789abcdef/)
    io.signal('SIGINT')
    await ended
  })

  test('a second signal ends the process at once', async () => {
    const io = new CapturedIo()
    const never = fakeNode(() => new Promise(() => {}))
    void cli(['run'], io, never.start)
    await io.until(/Ctrl-C/)
    io.signal('SIGINT')
    await io.until(/stopping/)
    assert.deepEqual(io.exits, [])
    io.signal('SIGINT')
    assert.deepEqual(io.exits, [exitCodes.failed])
  })

  test('a signal while it starts is not lost', async () => {
    const [io, node] = [new CapturedIo(), fakeNode()]
    const { code } = await cli(['run'], io, (settings, options) => {
      io.signal('SIGTERM')
      return node.start(settings, options)
    })
    assert.equal(code, exitCodes.ok)
    assert.equal(node.stops, 1)
  })

  test('does not start with a configuration that is wrong', async () => {
    const node = fakeNode()
    const { code, err } = await cli(['run', '--set', 'store.kind=redis'], new CapturedIo(), node.start)
    assert.equal(code, exitCodes.config)
    assert.match(err, /store\.kind redis is not available in this release/)
    assert.equal(node.started.length, 0)
  })

  test('a stop that fails is a failure', async () => {
    const io = new CapturedIo()
    const failing = fakeNode(() => Promise.reject(new Error('the log could not be closed')))
    const ended = cli(['run'], io, failing.start)
    await io.until(/Ctrl-C/)
    io.signal('SIGTERM')
    assert.equal((await ended).code, exitCodes.failed)
    assert.match(io.err, /error: could not stop cleanly: the log could not be closed/)
  })
})

describe('a start that fails says why and what to do', () => {
  const system = (code: string, extra: object): Error =>
    Object.assign(new Error(`${code}: as the system says`), { code, ...extra })
  const dataDir = join(tmpdir(), 'headgate-none', 'shop')
  const cases: readonly [error: Error, says: RegExp][] = [
    [
      system('EADDRINUSE', { address: '127.0.0.1', port: 7401, syscall: 'listen' }),
      /127\.0\.0\.1:7401 is already in use.*--set listen\.resp\.port=7411/,
    ],
    [system('EADDRINUSE', { address: '127.0.0.1', port: 7402, syscall: 'listen' }), /--set listen\.admin\.port=7412/],
    [
      system('EACCES', { address: '127.0.0.1', port: 7400, syscall: 'listen' }),
      /may not listen on .*listen\.http\.port/,
    ],
    [
      system('EADDRNOTAVAIL', { address: '10.9.9.9', port: 7400, syscall: 'listen' }),
      /10\.9\.9\.9 is no address of this machine: correct listen\.http\.host/,
    ],
    [system('ENOTFOUND', { syscall: 'getaddrinfo' }), /cannot be resolved/],
    [system('EACCES', { path: dataDir, syscall: 'mkdir' }), /this user may not use .*-none\/shop: change/],
    [
      system('EACCES', { address: '/proc/self/fd/19/lock-1', port: -1, syscall: 'listen' }),
      /this user may not use .*node\.dataDir/,
    ],
    [system('ENOSPC', { path: join(dataDir, 'log') }), /the disk of .*-none\/shop\/log is full/],
    [system('EROFS', {}), /read-only file system/],
    [system('ENOENT', { path: dataDir, syscall: 'mkdir' }), /-none\/shop cannot be made there: choose .*dataDir/],
    [system('ENOTDIR', { path: dirname(dataDir) }), /-none is not a folder/],
    [system('ENOENT', { path: '/etc/other' }), /^error: ENOENT: as the system says\n$/],
    [system('EMFILE', {}), /ulimit -n/],
    [new DataLocked('another process holds /data'), /another process holds \/data: stop that one, .*node\.dataDir/],
    [
      new ClusterMismatch('other-shard-count', 'sharding.shards is 3, but this data was created with 2 shards'),
      /^error: sharding\.shards is 3, but this data was created with 2 shards\n$/,
    ],
    [new LogDamaged('a.log: byte 7 is damaged'), /^error: a\.log: byte 7 is damaged\n$/],
    [new Error('whatever else'), /^error: whatever else\n$/],
  ]
  for (const [error, says] of cases) {
    const known = !/whatever else|as the system says/.test(says.source)
    test(`${error.message} ${'port' in error ? error.port : ''}`, async () => {
      const io = new CapturedIo()
      const { code, err, out } = await cli(['run', '--set', `node.dataDir=${dataDir}`], io, () => Promise.reject(error))
      assert.equal(code, exitCodes.failed)
      assert.match(err, says)
      const { level, decision, msg, err: logged, node } = JSON.parse(out)
      assert.deepEqual([level, decision, node, logged.message], ['error', 'start-failed', 'n1', error.message])
      assert.equal(err, `error: ${msg}\n`)
      assert.equal(typeof logged.stack, known ? 'undefined' : 'string', 'a stack only where nothing else is known')
      assert.equal(out.trim().split('\n').length, 1)
      assert.equal(io.listening, 0)
    })
  }

  test('the process that holds the folder is named', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'headgate-held-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, 'file'), '')
    const script = `require('node:fs').openSync(${JSON.stringify(join(folder, 'file'))}, 'r'); console.log('open'); setInterval(() => {}, 1000)`
    const holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => holder.kill('SIGKILL'))
    await once(holder.stdout, 'data')
    const held = new DataLocked(`another process holds ${folder}`)
    const args = ['run', '--set', `node.dataDir=${folder}`]
    const { err } = await cli(args, new CapturedIo(), () => Promise.reject(held))
    assert.match(err, new RegExp(`holds ${folder}: it is process ${holder.pid}; stop that one, or choose another`))
  })
})

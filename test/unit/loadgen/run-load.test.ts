import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoadFailure } from '../../../src/loadgen/load-settings.ts'
import { runLoad } from '../../../src/loadgen/run-load.ts'
import { systemRuntime } from '../../../src/runtime/runtime.ts'
import { quietWatcher, shortRun } from './settings.ts'
import { toyHttp, toyResp } from './toy-servers.ts'

test('HTTP: every request that was offered is answered and counted', async (t) => {
  const store = new Map<string, string>()
  const seen = { get: 0, put: 0 }
  const server = await toyHttp((request, response) => {
    const key = String(request.url)
    if (request.method === 'GET') {
      seen.get++
      const value = store.get(key)
      const answer = value ?? '{"code":"not-found"}'
      response.writeHead(value === undefined ? 404 : 200, { 'Content-Length': answer.length }).end(answer)
      return
    }
    seen.put++
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      store.set(key, Buffer.concat(chunks).toString())
      response.writeHead(204).end()
    })
  })
  t.after(() => server.close())
  const result = await runLoad(shortRun('http', server.port), systemRuntime, quietWatcher)
  assert.equal(result.tally.offered, 200)
  assert.equal(result.tally.successes, 200)
  assert.equal(seen.get + seen.put, 200)
  assert.ok(seen.put > 20 && seen.put < 70, `${seen.put} of 200 requests wrote, 20 % were asked for`)
  assert.ok([...store.values()].every((value) => value.length === 32))
  assert.equal(result.offeredPerSecond, 500)
})

test('a stall shows in the percentiles of the open loop, because requests keep falling due', async (t) => {
  let stallUntil = 0
  let served = 0
  const server = await toyResp((_, socket) => {
    served++
    const now = performance.now()
    if (served === 100) stallUntil = now + 300
    if (now >= stallUntil) return '+OK\r\n'
    setTimeout(() => socket.write('+OK\r\n'), stallUntil - now)
    return undefined
  })
  t.after(() => server.close())
  const settings = shortRun('resp', server.port, { durationMs: 800, connections: 2 })
  const result = await runLoad(settings, systemRuntime, quietWatcher)
  const { success, successes, unanswered } = result.tally
  assert.deepEqual([successes, unanswered], [400, 0])
  // 150 of the 400 requests fall due during the stall and wait 150 ms on average; only two were on their way.
  assert.ok(success.p90Us > 150_000, `p90 ${success.p90Us} us`)
  assert.ok(success.maxUs > 280_000, `max ${success.maxUs} us`)
})

test('preload writes every key once; afterwards every read finds something', async (t) => {
  const store = new Map<string, number>()
  let loaded = 0
  const server = await toyResp(([name, key]) => {
    if (name === 'SET') {
      store.set(key!, (store.get(key!) ?? 0) + 1)
      return '+OK\r\n'
    }
    return store.has(key!) ? '$1\r\nx\r\n' : '$-1\r\n'
  })
  t.after(() => server.close())
  const settings = shortRun('resp', server.port, { preload: true, keys: 1000, writePercent: 0, pipeline: 8 })
  const watcher = { ...quietWatcher, onPreload: (done: number) => (loaded = done) }
  const result = await runLoad(settings, systemRuntime, watcher)
  assert.equal(loaded, 1000)
  assert.equal(store.size, 1000)
  assert.ok([...store.values()].every((writes) => writes === 1))
  assert.deepEqual([result.tally.misses, result.preloadFailures], [0, 0])
  assert.ok(store.has('k:000') && store.has('k:999'))
})

test('a target that refuses the loading ends it early', async (t) => {
  let asked = 0
  const server = await toyResp(() => {
    asked++
    return '-OVERLOADED reason=rate retry-after-ms=5\r\n'
  })
  t.after(() => server.close())
  const settings = shortRun('resp', server.port, { preload: true, keys: 100_000 })
  await assert.rejects(runLoad(settings, systemRuntime, quietWatcher), (error: LoadFailure) => {
    assert.equal(error.kind, 'refused')
    assert.match(error.message, /preloading failed: .*rate/)
    return true
  })
  assert.ok(asked < 2000, `${asked} writes before giving up`)
})

test('closed loop keeps every slot busy and never more', async (t) => {
  let running = 0
  let most = 0
  const server = await toyResp((_, socket) => {
    running++
    most = Math.max(most, running)
    setImmediate(() => {
      running--
      socket.write('+OK\r\n')
    })
    return undefined
  })
  t.after(() => server.close())
  const settings = shortRun('resp', server.port, { mode: 'closed', connections: 3, pipeline: 4, durationMs: 200 })
  const result = await runLoad(settings, systemRuntime, quietWatcher)
  assert.ok(most > 3 && most <= 12, `${most} in flight`)
  assert.ok(result.tally.successes > 100)
  assert.match(result.warnings.join(), /hide queueing/)
})

test('a connection the target closes costs its requests and is opened again', async (t) => {
  let served = 0
  const server = await toyResp((_, socket) => {
    served++
    if (served === 20) socket.destroy()
    return '+OK\r\n'
  })
  t.after(() => server.close())
  const settings = shortRun('resp', server.port, { connections: 1, durationMs: 600 })
  const result = await runLoad(settings, systemRuntime, quietWatcher)
  assert.deepEqual(result.tally.errorCodes, { 'connection-closed': 1 })
  assert.equal(result.tally.successes, result.tally.offered - 1)
  assert.match(result.warnings.join(), /1 of 1 connections were closed by the target/)
})

test('answers that never come are unanswered, arrivals beyond the backlog are dropped', async (t) => {
  const server = await toyResp(() => undefined)
  t.after(() => server.close())
  const settings = shortRun('resp', server.port, { connections: 2, backlogLimit: 50, durationMs: 300, drainMs: 50 })
  const result = await runLoad(settings, systemRuntime, quietWatcher)
  assert.equal(result.tally.offered, 150)
  assert.equal(result.tally.dropped, 98)
  assert.equal(result.tally.unanswered, 52)
  assert.match(result.warnings.join(), /No request succeeded.*backlog full.*no answer in time/)
})

test('nobody listening and a refused token are failures of their kind', async (t) => {
  const server = await toyResp(([name]) => (name === 'AUTH' ? '-WRONGPASS invalid\r\n' : '+OK\r\n'))
  const { target } = shortRun('resp', server.port)
  const withToken = shortRun('resp', server.port, { target: { ...target, token: 'wrong' } })
  await assert.rejects(runLoad(withToken, systemRuntime, quietWatcher), { name: 'LoadFailure', kind: 'refused' })
  await server.close()
  t.diagnostic('the same port, now closed')
  await assert.rejects(runLoad(shortRun('resp', server.port), systemRuntime, quietWatcher), {
    name: 'LoadFailure',
    kind: 'unreachable',
  })
})

test('AUTH goes first and its answer is no answer to a request', async (t) => {
  const first: string[] = []
  const server = await toyResp(([name, ...rest], socket) => {
    if (name === 'AUTH') first.push(rest.join(' '))
    else assert.ok(first.length > 0, String(socket.remotePort))
    return '+OK\r\n'
  })
  t.after(() => server.close())
  const { target } = shortRun('resp', server.port)
  const settings = shortRun('resp', server.port, {
    target: { ...target, user: 'app', token: 'right' },
    durationMs: 200,
  })
  const result = await runLoad(settings, systemRuntime, quietWatcher)
  assert.deepEqual(first, ['app right', 'app right', 'app right', 'app right'])
  assert.equal(result.tally.successes, 100)
})

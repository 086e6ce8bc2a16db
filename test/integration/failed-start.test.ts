import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startNode } from '../../src/assemble.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/settings.ts'

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-start-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

interface Ports {
  readonly http?: number
  readonly resp?: number
  readonly admin?: number
}

/** Several shards: the store is still opening them when the admin port is found taken. */
function settingsIn(folder: string, ports: Ports = {}): Settings {
  const file = join(folder, 'headgate.yaml')
  const port = (name: keyof Ports): string => `${name}: { port: ${ports[name] ?? 0} }`
  writeFileSync(
    file,
    `cluster: start
node: { dataDir: ${join(folder, 'data')} }
listen: { ${port('http')}, ${port('resp')}, ${port('admin')} }
store: { kind: embedded, logSegment: 16MiB }
sharding: { shards: 24 }
log: { level: silent }
`,
    { mode: 0o600 },
  )
  const loaded = loadSettings({ file, overrides: [], environment: {} })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded.settings
}

async function listening(): Promise<Server & { readonly port: number }> {
  const server: Server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return Object.assign(server, { port: address.port })
}

async function portTaken(t: TestContext): Promise<number> {
  const server = await listening()
  t.after(() => server.close())
  return server.port
}

async function portFree(): Promise<number> {
  const server = await listening()
  await new Promise((resolve) => server.close(resolve))
  return server.port
}

/** The error of connecting, or undefined. */
function connecting(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    socket.once('connect', () => {
      socket.destroy()
      resolve(undefined)
    })
  })
}

/** What this process has open below a folder. */
function openBelow(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`)
      return path.startsWith(folder) ? [path] : []
    } catch {
      // The descriptor of the listing itself.
      return []
    }
  })
}

/** On a new folder a node tries its ports first; this is for tests of one that finds out later. */
function madeBefore(folder: string): void {
  mkdirSync(join(folder, 'data', 'coordination'), { recursive: true })
}

test('a start that finds the admin port taken ends only when its store is closed again', async (t) => {
  const folder = folderFor(t)
  const admin = await portTaken(t)
  madeBefore(folder)
  // The first time the admin port is slow to be asked for: its code is run for the first time.
  for (const attempt of ['cold', 'warm']) {
    await assert.rejects(startNode(settingsIn(folder, { admin })), { code: 'EADDRINUSE', port: admin })
    assert.deepEqual(openBelow(folder), [], attempt)
  }
  const node = await startNode(settingsIn(folder))
  assert.notDeepEqual(openBelow(folder), [])
  await node.stop()
  assert.deepEqual(openBelow(folder), [])
})

test('a start that finds one data port taken gives the other one back', async (t) => {
  const folder = folderFor(t)
  const resp = await portTaken(t)
  madeBefore(folder)
  const http = await portFree()
  await assert.rejects(startNode(settingsIn(folder, { http, resp })), { code: 'EADDRINUSE', port: resp })
  assert.equal(await connecting(http), 'ECONNREFUSED')
  assert.deepEqual(openBelow(folder), [])
})

test('a port that is taken is found before a new data folder is made', async (t) => {
  for (const name of ['http', 'resp', 'admin'] as const) {
    const folder = folderFor(t)
    const port = await portTaken(t)
    await assert.rejects(startNode(settingsIn(folder, { [name]: port })), { code: 'EADDRINUSE', port })
    assert.equal(existsSync(join(folder, 'data')), false, name)
  }
})

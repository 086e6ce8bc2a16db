import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startNode } from '../../src/assemble.ts'
import { loadSettings } from '../../src/config/load.ts'
import { RespClient } from '../support/resp-client.ts'

/** The Redis port of a node with one client for each role, whose token is its name and more. */
async function nodeWithClients(t: TestContext): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-roles-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const clients = ['read', 'write'].map((role) => {
    const file = join(folder, role)
    writeFileSync(file, `${role}-token-0123456789`, { mode: 0o600 })
    return `{ name: ${role}, tokenFile: ${file}, roles: [${role}] }`
  })
  const file = join(folder, 'headgate.yaml')
  writeFileSync(
    file,
    `cluster: roles
node: { dataDir: ${join(folder, 'data')} }
listen: { http: { port: 0 }, resp: { port: 0 }, admin: { port: 0 } }
store: { kind: embedded, engine: memory }
log: { level: silent }
security: { clients: [${clients.join(', ')}] }
`,
  )
  const loaded = loadSettings({ file, overrides: [], environment: {} })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const node = await startNode(loaded.settings)
  t.after(() => node.stop())
  return node.addresses.resp.port
}

async function enter(t: TestContext, port: number, role: string): Promise<RespClient> {
  const client = await RespClient.connect(port)
  t.after(() => client.socket.destroy())
  assert.equal(await client.ask('AUTH', role, `${role}-token-0123456789`), '+OK\r\n')
  return client
}

test('a client that may only read has transactions of reads; a write is refused when it is queued', async (t) => {
  const port = await nodeWithClients(t)
  const [reader, writer] = [await enter(t, port, 'read'), await enter(t, port, 'write')]
  await writer.ask('SET', 'a', '1')

  assert.equal(await reader.ask('WATCH', 'a'), '+OK\r\n')
  assert.equal(await reader.ask('MULTI'), '+OK\r\n')
  for (const command of [['GET', 'a'], ['MGET', 'a', 'b'], ['EXISTS', 'a'], ['PING']]) {
    assert.equal(await reader.ask(...command), '+QUEUED\r\n')
  }
  assert.equal(await reader.ask('EXEC'), '*4\r\n$1\r\n1\r\n*2\r\n$1\r\n1\r\n$-1\r\n:1\r\n+PONG\r\n')

  assert.equal(await reader.ask('WATCH', 'a'), '+OK\r\n')
  await writer.ask('SET', 'a', '2')
  await reader.ask('MULTI')
  await reader.ask('GET', 'a')
  assert.equal(await reader.ask('EXEC'), '*-1\r\n', 'what it watched has changed')

  await reader.ask('MULTI')
  assert.equal(await reader.ask('GET', 'a'), '+QUEUED\r\n')
  assert.match(await reader.ask('SET', 'a', '3'), /^-NOPERM .*'set' command/)
  assert.match(await reader.ask('EXEC'), /^-EXECABORT/)
  assert.equal(await reader.ask('GET', 'a'), '$1\r\n2\r\n')

  await writer.ask('MULTI')
  assert.match(await writer.ask('GET', 'a'), /^-NOPERM .*'get' command/)
  assert.match(await writer.ask('EXEC'), /^-EXECABORT/)
})

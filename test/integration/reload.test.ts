import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { request } from 'undici'
import { startNode } from '../../src/assemble.ts'
import { type LoadResult, loadSettings } from '../../src/config/load.ts'

const write = (path: string, text: string): void => writeFileSync(path, text, { mode: 0o600 })

/** A node's configuration in a folder of its own: one admin client, whose token is in a file. */
function configuration(folder: string): () => LoadResult {
  const file = join(folder, 'headgate.yaml')
  write(
    file,
    `cluster: reload
node: { dataDir: ${join(folder, 'data')} }
listen: { http: { port: 0 }, resp: { port: 0 }, admin: { port: 0 } }
store: { kind: embedded, engine: memory }
log: { level: silent }
security: { clients: [{ name: app, tokenFile: ${join(folder, 'token')}, roles: [read, write, admin] }] }
`,
  )
  return () => loadSettings({ file, overrides: [], environment: {} })
}

async function statusWith(url: string, token: string, method: 'GET' | 'POST' = 'GET'): Promise<number> {
  const { statusCode, body } = await request(url, { method, headers: { authorization: `Bearer ${token}` } })
  await body.dump()
  return statusCode
}

test('a reload changes the tokens of the data port and of the admin port', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-reload-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  write(join(folder, 'token'), 'first-token-0123456789')
  const load = configuration(folder)
  const loaded = load()
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const node = await startNode(loaded.settings, { load })
  t.after(() => node.stop())
  const data = `http://127.0.0.1:${node.addresses.http.port}/v1/records/none`
  const admin = `http://127.0.0.1:${node.addresses.admin.port}/v1`
  assert.equal(await statusWith(data, 'first-token-0123456789'), 404)
  assert.equal(await statusWith(`${admin}/status`, 'first-token-0123456789'), 200)

  write(join(folder, 'token'), 'second-token-0123456789')
  assert.equal(await statusWith(data, 'second-token-0123456789'), 401)
  assert.equal(await statusWith(`${admin}/reload`, 'first-token-0123456789', 'POST'), 200)

  assert.equal(await statusWith(data, 'second-token-0123456789'), 404)
  assert.equal(await statusWith(data, 'first-token-0123456789'), 401)
  assert.equal(await statusWith(`${admin}/status`, 'second-token-0123456789'), 200)
  assert.equal(await statusWith(`${admin}/status`, 'first-token-0123456789'), 401)

  write(join(folder, 'token'), 'third-token-0123456789')
  node.reload('asked by a signal')
  assert.equal(await statusWith(data, 'third-token-0123456789'), 404)
  assert.equal(await statusWith(data, 'second-token-0123456789'), 401)
  write(join(folder, 'token'), '')
  node.reload('asked by a signal')
  assert.equal(await statusWith(data, 'third-token-0123456789'), 404, 'what is not valid changes nothing')
})

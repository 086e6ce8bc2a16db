import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startNode } from '../../src/assemble.ts'
import { loadSettings } from '../../src/config/load.ts'
import { encode, RawHttp } from '../support/raw-http.ts'

const configuration = (folder: string): string => `cluster: expect
node: { dataDir: ${join(folder, 'data')} }
listen: { http: { port: 0 }, resp: { port: 0 }, admin: { port: 0 } }
store: { kind: embedded, engine: memory }
log: { level: silent }
security: { clients: [{ name: app, token: app-token-0123456789, roles: [read, write], rate: { perSecond: 1, burst: 1 } }] }
`

test('a client over its rate is refused before it sends its body, and asking costs it nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-expect-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'headgate.yaml')
  writeFileSync(file, configuration(folder), { mode: 0o600 })
  const loaded = loadSettings({ file, overrides: [], environment: {} })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const node = await startNode(loaded.settings)
  t.after(() => node.stop())
  const headers = { Authorization: 'Bearer app-token-0123456789', Expect: '100-continue', 'Content-Length': '3' }
  const asking = encode('PUT', '/v1/records/a', { headers })
  const connected = async (): Promise<RawHttp> => {
    const http = await RawHttp.connect(node.addresses.http.port)
    t.after(() => http.destroy())
    return http
  }

  const http = await connected()
  http.send(asking)
  assert.equal((await http.answer()).status, 100)
  http.send('abc')
  assert.equal((await http.answer()).status, 201, 'its one request is counted once')

  const again = await connected()
  again.send(asking)
  const refused = await again.answer()
  const { code, outcome } = refused.json()
  assert.deepEqual([refused.status, code, outcome], [429, 'rate-limited', 'not-applied'])
  await again.closed()
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Reload } from '../../../src/assembly/reload.ts'
import { loadSettings } from '../../../src/config/load.ts'
import type { Settings } from '../../../src/config/settings.ts'

const token = 'a-token-of-some-length'
const client = `clients: [{ name: app, token: ${token}, roles: [read, write, admin] }]`
const listening = (host: string): string =>
  `listen: { http: { host: ${host} }, resp: { host: 127.0.0.1 }, admin: { host: 127.0.0.1 } }`

/** A node that was started with one file and reads another. */
class Rig {
  readonly applied: Settings[] = []
  readonly reload: Reload
  readonly #file: string

  constructor(t: TestContext, text: string) {
    const folder = mkdtempSync(join(tmpdir(), 'headgate-reload-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    this.#file = join(folder, 'headgate.yaml')
    this.write(text)
    const load = () => loadSettings({ file: this.#file, overrides: [], environment: {} })
    const loaded = load()
    assert.ok(loaded.ok, JSON.stringify(loaded))
    this.reload = new Reload(loaded.settings, load, (settings) => this.applied.push(settings))
  }

  write(text: string): void {
    const general = text.includes('store:') ? '' : 'store: { kind: embedded }\n'
    writeFileSync(this.#file, `${text.includes('cluster:') ? '' : 'cluster: c\n'}${general}${text}\n`, { mode: 0o600 })
  }
}

test('clients and the log level are taken over, everything else waits for a restart', (t) => {
  const rig = new Rig(t, `security: { ${client} }`)
  rig.write(`security: { ${client.replace('app', 'other')} }\nlog: { level: debug }\nlimits: { queueLength: 7 }`)
  const report = { applied: ['security.clients', 'log.level'], needsRestart: ['limits.queueLength'], problems: [] }
  const sorted = (list: readonly string[]) => [...list].sort()
  for (const dryRun of [true, false]) {
    const { applied, needsRestart, problems } = rig.reload.run(dryRun)
    assert.deepEqual([sorted(applied), needsRestart, problems], [sorted(report.applied), report.needsRestart, []])
    assert.equal(rig.applied.length, dryRun ? 0 : 1)
  }
  const [settings] = rig.applied
  assert.deepEqual([settings!.security.clients[0]!.name, settings!.log.level], ['other', 'debug'])
  assert.notEqual(settings!.limits.queueLength, 7)
  assert.deepEqual(rig.reload.run(false), {
    applied: [],
    needsRestart: ['limits.queueLength'],
    fixed: [],
    problems: [],
  })
})

test('a file that cannot be used changes nothing and says why', (t) => {
  const rig = new Rig(t, `security: { ${client} }`)
  rig.write('securty: {}')
  const { applied, problems } = rig.reload.run(false)
  assert.deepEqual([applied, rig.applied], [[], []])
  assert.match(problems.join('\n'), /securty/)
})

test('clients are judged by the address the node listens on, not by the one in the file', (t) => {
  const rig = new Rig(t, `${listening('0.0.0.0')}\nsecurity: { ${client} }`)
  rig.write(listening('127.0.0.1'))
  for (const dryRun of [true, false]) {
    const { applied, problems } = rig.reload.run(dryRun)
    assert.deepEqual(applied, [])
    assert.match(problems.join('\n'), /listen\.http\.host 0\.0\.0\.0/)
  }
  assert.equal(rig.applied.length, 0)
  rig.write(`${listening('127.0.0.1')}\nsecurity: { allowAnonymous: true }`)
  assert.deepEqual(rig.reload.run(false).problems, [], 'who says it may have it')
  assert.deepEqual(rig.applied[0]!.security.clients, [])
})

test('a node on loopback may lose its clients, and have them back', (t) => {
  const rig = new Rig(t, `security: { ${client} }`)
  rig.write('')
  assert.deepEqual(rig.reload.run(false).problems, [])
  assert.deepEqual(rig.applied[0]!.security.anonymousRoles, ['read', 'write', 'admin'])
  rig.write(`security: { ${client} }`)
  rig.reload.run(false)
  assert.deepEqual(rig.applied[1]!.security.anonymousRoles, [])
})

test('options are named as they are configured', (t) => {
  const rig = new Rig(t, '')
  rig.write(
    'limits: { timeout: 2s, maxValue: 2MiB }\nlisten: { http: { port: 1 } }\nstore: { kind: embedded, backlog: 1GiB }',
  )
  const { needsRestart } = rig.reload.run(true)
  assert.deepEqual(needsRestart, ['listen.http.port', 'store.backlog', 'limits.maxValue', 'limits.timeout'])
})

test('what the data folder remembers is fixed, unless the folder changes too', (t) => {
  const rig = new Rig(t, '')
  const changed = 'cluster: d\nnode: { id: n2 }\nstore: { kind: embedded, engine: memory }\nsharding: { shards: 4 }'
  rig.write(changed)
  const { needsRestart, fixed } = rig.reload.run(true)
  assert.deepEqual([needsRestart, fixed], [[], ['cluster', 'node.id', 'store.engine', 'sharding.shards']])
  rig.write(changed.replace('id: n2', 'id: n2, dataDir: /tmp/other'))
  assert.deepEqual(rig.reload.run(true).fixed, [])
})

test('any engine may follow memory', (t) => {
  const rig = new Rig(t, 'store: { kind: embedded, engine: memory }')
  rig.write('')
  const { needsRestart, fixed } = rig.reload.run(true)
  assert.deepEqual([needsRestart, fixed], [['store.engine'], []])
})

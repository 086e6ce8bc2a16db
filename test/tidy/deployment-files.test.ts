import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { loadSettings } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/settings.ts'

/** Names of metrics in a text, without what histograms append to theirs. */
function metricsIn(text: string): ReadonlySet<string> {
  return new Set((text.match(/\bheadgate_[a-z_]+\b/g) ?? []).map((name) => name.replace(/_(bucket|sum|count)$/, '')))
}

const known = metricsIn(readFileSync('docs/metrics.md', 'utf8'))

for (const file of ['config/grafana/headgate.json', 'config/prometheus/alerts.yaml']) {
  test(`${file} asks for metrics that exist`, () => {
    const text = readFileSync(file, 'utf8')
    assert.ok(parse(text) !== null)
    const asked = metricsIn(text)
    assert.ok(asked.size > 5)
    assert.deepEqual(
      [...asked].filter((name) => !known.has(name)),
      [],
    )
  })
}

test('whatever starts a node gives its young generation the same room', () => {
  const scripts = JSON.parse(readFileSync('package.json', 'utf8')).scripts as Readonly<Record<string, string>>
  const starts = [
    scripts['start']!,
    readFileSync('Dockerfile', 'utf8'),
    readFileSync('config/systemd/headgate.service', 'utf8'),
  ]
  for (const text of starts) assert.match(text, /--max-semi-space-size=64\b/)
})

test('every alert has a row in docs/operating/monitoring.md, and every row its alert', () => {
  const alerts = readFileSync('config/prometheus/alerts.yaml', 'utf8').matchAll(/alert: (\w+)/g)
  const rows = readFileSync('docs/operating/monitoring.md', 'utf8').matchAll(/^\| `(Headgate\w+)` \|/gm)
  const names = (found: Iterable<RegExpMatchArray>) => [...found].map((match) => match[1]!).sort()
  assert.deepEqual(names(rows), names(alerts))
})

interface Manifest {
  readonly kind: string
  readonly data: Readonly<Record<string, string>>
  readonly spec: { readonly template: { readonly spec: PodSpec } }
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number
  readonly containers: readonly [Container]
}

interface Container {
  readonly args: readonly string[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly startupProbe: Probe
  readonly readinessProbe: Probe
  readonly livenessProbe: Probe
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly [string, string] } } }
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

function manifest(kind: string): Manifest {
  const documents = parseAllDocuments(readFileSync('config/kubernetes/headgate.yaml', 'utf8'))
  const found = documents.map((document) => document.toJS() as Manifest).find((each) => each.kind === kind)
  assert.ok(found !== undefined, `there is no ${kind}`)
  return found
}

/** The settings that the ConfigMap stands for, with the secrets in a folder of the test. */
function settingsOfMap(t: TestContext): Settings {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-manifest-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const text = manifest('ConfigMap').data['headgate.yaml']!.replaceAll('/run/secrets/headgate', folder)
  for (const name of ['app', 'operator']) writeFileSync(join(folder, name), `${name}-token-0123456789`, { mode: 0o600 })
  writeFileSync(join(folder, 'headgate.yaml'), text)
  const environment = { HEADGATE_NODE: 'headgate-0' }
  const loaded = loadSettings({ file: join(folder, 'headgate.yaml'), overrides: [], environment })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded.settings
}

test('the Kubernetes manifest is a configuration that Headgate accepts, with its own ports', (t) => {
  const { listen, node } = settingsOfMap(t)
  const [container] = manifest('StatefulSet').spec.template.spec.containers
  const ports = Object.fromEntries(container.ports.map(({ name, containerPort }) => [name, containerPort]))
  assert.deepEqual(ports, { http: listen.http.port, resp: listen.resp.port, admin: listen.admin.port })
  assert.deepEqual(container.args.slice(0, 2), ['run', '-c'])
  assert.equal(node.dataDir, '/var/lib/headgate')
})

test('the Kubernetes manifest asks for health that there is, and waits for the drain', (t) => {
  const { limits } = settingsOfMap(t)
  const pod = manifest('StatefulSet').spec.template.spec
  const [container] = pod.containers
  const probes = [container.startupProbe, container.readinessProbe, container.livenessProbe]
  assert.deepEqual(
    probes.map(({ httpGet }) => httpGet),
    ['/startupz', '/readyz', '/livez'].map((path) => ({ path, port: 'admin' })),
  )
  const preStop = Number(container.lifecycle.preStop.exec.command[1])
  assert.ok(pod.terminationGracePeriodSeconds * 1000 > preStop * 1000 + limits.drainTimeoutMs)
})

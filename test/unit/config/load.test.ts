import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadSettings } from '../../../src/config/load.ts'
import { formatProblem } from '../../../src/config/problem.ts'
import { linesOf, load, settingsFrom } from './loading.ts'

const minimal = 'cluster: shop\nstore: { kind: embedded }\n'

describe('what is accepted', () => {
  test('the minimal file means the defaults', (t) => {
    const settings = settingsFrom(t, minimal)
    const withoutFile = loadSettings({ file: undefined, overrides: ['cluster=shop'], environment: {} })
    assert.equal(settings.limits.maxValueBytes, 1_048_576)
    assert.equal(settings.limits.queueAgeMs, 100)
    assert.equal(settings.store.backlogBytes, 192 * 1024 ** 2)
    assert.deepEqual(settings, withoutFile.ok ? settings && withoutFile.settings : undefined)
  })

  test('without a file it is Mach I on the known ports', () => {
    const result = loadSettings({ file: undefined, overrides: [], environment: {} })
    assert.ok(result.ok)
    const { cluster, listen, store, sharding, security } = result.settings
    assert.equal(cluster, 'headgate')
    assert.deepEqual([listen.http.port, listen.resp.port, listen.admin.port], [7400, 7401, 7402])
    assert.equal(store.engine, 'lmdb')
    assert.deepEqual(sharding, { shards: 1, maxShards: 1 })
    assert.deepEqual(security.anonymousRoles, ['read', 'write', 'admin'])
    assert.deepEqual(result.warnings, [])
  })

  test('sections without content mean their defaults', (t) => {
    const settings = settingsFrom(t, `${minimal}limits:\nsecurity:\n  clients:\nlisten:\n  http:\n`)
    assert.equal(settings.limits.maxConnections, 10_000)
    assert.equal(settings.listen.http.port, 7400)
  })

  test('maxConnectionsPerIp follows maxConnections down', (t) => {
    const perIp = (limits: string) => settingsFrom(t, `${minimal}limits: ${limits}\n`).limits.maxConnectionsPerIp
    assert.deepEqual([perIp('{}'), perIp('{ maxConnections: 3 }'), perIp('{ maxConnections: 300 }')], [256, 3, 256])
  })

  test('maxShards follows shards', (t) => {
    assert.deepEqual(settingsFrom(t, `${minimal}sharding: { shards: 4 }`).sharding, { shards: 4, maxShards: 4 })
  })

  test('anchors and aliases work', (t) => {
    const settings = settingsFrom(t, 'cluster: &name shop\nnode: { id: *name }\nstore: { kind: embedded }\n')
    assert.equal(settings.node.id, 'shop')
  })
})

describe('how it is refused', () => {
  test('a key of a list entry, with the whole name that is meant', (t) => {
    assert.deepEqual(linesOf(load(t, `${minimal}security: { clients: [{ nme: a }] }\n`)), [
      '3:23 security.clients[0].name is required',
      '3:25 security.clients[0].nme is not an option; did you mean security.clients[0].name?',
    ])
  })

  test('several documents', (t) => {
    const result = load(t, `${minimal}---\ncluster: b\n`)
    assert.deepEqual(linesOf(result), ['3:1 the file holds several documents; one is allowed'])
  })
})

describe('what is refused', () => {
  const cases: readonly [name: string, text: string, ...problems: string[]][] = [
    [
      'an unknown key',
      `${minimal}limits:\n  maxVlaue: 2MiB\n`,
      '4:3 limits.maxVlaue is not an option; did you mean limits.maxValue?',
    ],
    [
      'a key in the wrong section',
      `${minimal}maxValue: 2MiB\n`,
      '3:1 maxValue is not an option; did you mean limits.maxValue?',
    ],
    ['a key like no other', `${minimal}resp: { zebra: 1 }\n`, '3:9 resp.zebra is not an option; known here: splitMset'],
    [
      'a word that is none',
      'cluster: shop\nstore: { kind: embeded }\n',
      '2:16 store.kind must be one of embedded, redis, postgres, http; did you mean embedded?',
    ],
    ['a missing key', 'store: { kind: embedded }\n', '1:1 cluster is required'],
    ['an empty file', '', '1:1 cluster is required', '1:1 store is required'],
    ['a list for a file', '- a\n', '1:1 the file must be a section with keys, not a list'],
    ['a text for a section', `${minimal}limits: none\n`, '3:9 limits must be a section with keys, not a text'],
    [
      'a key without a value',
      `${minimal}limits:\n  timeout:\n`,
      '4:3 limits.timeout has no value; give one or leave the key out',
    ],
    ['a key written twice', `${minimal}cluster: other\n`, '3:1 Map keys must be unique'],
    [
      'a duration without a unit',
      `${minimal}limits: { timeout: 5 }\n`,
      '3:20 limits.timeout must be a duration with its unit, like 250ms, 2s, 10m or 1h',
    ],
    ['a duration out of range', `${minimal}limits: { timeout: 0s }\n`, '3:20 limits.timeout must be from 1ms to 1h'],
    [
      'a decimal size',
      `${minimal}limits: { maxValue: 1MB }\n`,
      '3:21 limits.maxValue must be a size with its unit, like 512B, 64KiB, 1MiB or 2GiB',
    ],
    ['a number out of range', `${minimal}node: { grade: 6 }\n`, '3:16 node.grade must be a whole number from 1 to 5'],
    [
      'a fraction',
      `${minimal}sharding: { shards: 1.5 }\n`,
      '3:21 sharding.shards must be a whole number from 1 to 100',
    ],
    [
      'a text for a truth value',
      `${minimal}resp: { splitMset: "yes" }\n`,
      '3:20 resp.splitMset must be true or false, not a text',
    ],
    [
      'a number for a text',
      'cluster: 12\nstore: { kind: embedded }\n',
      '1:10 cluster must be a text (quote it if it looks like a number), not 12',
    ],
    [
      'an address that is none',
      `${minimal}limits:\n  trustedAddresses: [10.0.0.1, 10.0.0.0/33]\n`,
      '4:32 limits.trustedAddresses[1] must be an IP address or a range like 10.0.0.0/8',
    ],
  ]
  for (const [name, text, ...problems] of cases) {
    test(name, (t) => {
      const result = load(t, text)
      assert.equal(result.ok, false)
      assert.deepEqual(linesOf(result), problems)
    })
  }

  test('several problems at once, in the order of the file', (t) => {
    const text = 'cluster: Shop\nnode: { grade: 0 }\nlimits: { queueAge: 1 }\nstore: { kind: embedded, engin: lmdb }\n'
    const lines = linesOf(load(t, text)).map((line) => line.split(' ').slice(0, 2).join(' '))
    assert.deepEqual(lines, ['1:10 cluster', '2:16 node.grade', '3:21 limits.queueAge', '4:26 store.engin'])
  })

  test('of broken YAML only the first error, which causes the others', (t) => {
    const result = load(t, 'cluster: [shop\nstore: {\n  kind: embedded\n')
    assert.equal(result.ok, false)
    assert.equal(result.ok ? 0 : result.problems.length, 1)
  })

  test('a bomb of aliases', (t) => {
    const levels = ['a', 'b', 'c', 'd', 'e'].map((name, index, all) => {
      const below = index === 0 ? 'x' : `*${all[index - 1]}`
      return `${name}: &${name} [${Array(10).fill(below).join(', ')}]`
    })
    assert.match(linesOf(load(t, levels.join('\n'))).join(), /alias/)
  })

  test('a file that is not there', (t) => {
    const result = loadSettings({ file: '/nowhere/shop.yaml', overrides: [], environment: {} })
    assert.deepEqual(linesOf(result), [' cannot be read: there is no such file'])
    const folder = loadSettings({ file: '/tmp', overrides: [], environment: {} })
    assert.deepEqual(linesOf(folder), ['/tmp cannot be read: it is a folder'])
    const device = loadSettings({ file: '/dev/zero', overrides: [], environment: {} })
    assert.match(linesOf(device)[0] ?? '', /^\/dev\/zero cannot be read: it is not a regular file/)
    assert.match(linesOf(load(t, '#'.repeat(2 ** 20 + 1)))[0] ?? '', /1048577 bytes; 1048576 are the most/)
  })

  test('a problem is printed with its line and a mark under the column', (t) => {
    const result = load(t, `${minimal}limits:\n  maxVlaue: 2MiB\n`)
    assert.ok(!result.ok)
    const [first, ...excerpt] = formatProblem(result.problems[0]!).split('\n')
    assert.match(first ?? '', /shop\.yaml:4:3: limits\.maxVlaue is not/)
    assert.deepEqual(excerpt, ['    4 |   maxVlaue: 2MiB', '      |   ^'])
    const wide = load(t, `cluster: shop\nlimits: {${' '.repeat(5000)}\u0000${' '.repeat(5000)}}`)
    assert.ok(!wide.ok)
    const text = formatProblem(wide.problems[0]!)
    assert.ok(text.length < 500, 'of a long line what is near')
    assert.ok(!text.includes('\0'))
  })
})

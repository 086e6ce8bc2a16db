// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to the environment look like templates
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadSettings } from '../../../src/config/load.ts'
import { linesOf, load, settingsFrom } from './loading.ts'

const text = `cluster: shop
store: { kind: embedded }
limits: { timeout: 5s, queueAge: 50ms }
security:
  clients:
    - { name: app, token: 0123456789abcdef }
`

describe('--set', () => {
  test('overrides the file and leaves its neighbours alone', (t) => {
    const { limits } = settingsFrom(t, text, { overrides: ['limits.timeout=2s'] })
    assert.deepEqual([limits.timeoutMs, limits.queueAgeMs], [2000, 50])
  })

  test('the last one wins', (t) => {
    const { limits } = settingsFrom(t, text, { overrides: ['limits.timeout=2s', 'limits.timeout=3s'] })
    assert.equal(limits.timeoutMs, 3000)
  })

  test('makes the sections on its way', (t) => {
    assert.equal(settingsFrom(t, text, { overrides: ['sharding.shards=4'] }).sharding.shards, 4)
  })

  test('reaches into lists and appends to them', (t) => {
    const overrides = [
      'security.clients[0].roles=[read]',
      'security.clients[1]={name: ops, token: fedcba9876543210, roles: [admin]}',
    ]
    const { clients } = settingsFrom(t, text, { overrides }).security
    assert.deepEqual(
      clients.map(({ name, roles }) => [name, ...roles]),
      [
        ['app', 'read'],
        ['ops', 'admin'],
      ],
    )
  })

  test('a section can be replaced whole, values are YAML', (t) => {
    const { limits } = settingsFrom(t, text, { overrides: ['limits={queueAge: 20ms}'] })
    assert.deepEqual([limits.timeoutMs, limits.queueAgeMs], [1000, 20])
  })

  test('expands the environment', (t) => {
    const { limits } = settingsFrom(t, text, { overrides: ['limits.maxScans=${N}'], environment: { N: '7' } })
    assert.equal(limits.maxScans, 7)
  })

  const refused: readonly [override: string, problem: string][] = [
    ['limits.timeout', '--set limits.timeout must be NAME=VALUE, like limits.timeout=2s'],
    ['=2s', '--set  must be NAME=VALUE, like limits.timeout=2s'],
    ['__proto__.x=1', '--set __proto__.x must be NAME=VALUE, like limits.timeout=2s'],
    ['limits.__proto__=1', '--set limits.__proto__ limits.__proto__ is not an option; known here: '],
    ['limits.timeot=2s', '--set limits.timeot limits.timeot is not an option; did you mean limits.timeout?'],
    [
      'limits.timeout=2',
      '--set limits.timeout limits.timeout must be a duration with its unit, like 250ms, 2s, 10m or 1h',
    ],
    ['limits.timeout=', '--set limits.timeout limits.timeout has no value; give one or leave the key out'],
    ['limits={timeot: 1s}', '--set limits limits.timeot is not an option; did you mean limits.timeout?'],
    [
      'limits.maxScans=${NOPE}',
      '--set limits.maxScans the environment variable NOPE is not set; set it or write ${NOPE:-default}',
    ],
    ['node=[', '--set node Flow sequence must end with a ]'],
  ]
  test('what only an override made is told of that override', () => {
    const whereOfFirst = (...overrides: string[]) => {
      const result = loadSettings({ file: undefined, overrides, environment: {} })
      assert.ok(!result.ok)
      return `${result.problems[0]?.source}: ${result.problems[0]?.message}`
    }
    const name = '--set security.clients[0].name'
    assert.equal(whereOfFirst(`${name.slice(6)}=x`), `${name}: the client x needs either tokenFile or token`)
    const token = '--set security.clients[0].token'
    assert.equal(whereOfFirst(`${token.slice(6)}=0123456789abcdef`), `${token}: security.clients[0].name is required`)
  })

  test('what the file has is told of the file', (t) => {
    const result = load(t, text.replace(', token: 0123456789abcdef', ''), {
      overrides: ['security.clients[0].roles=[read]'],
    })
    assert.deepEqual(linesOf(result), ['6:7 the client app needs either tokenFile or token'])
  })

  for (const [override, problem] of refused) {
    test(`${override} is refused`, (t) => {
      const result = load(t, text, { overrides: [override] })
      assert.equal(result.ok, false)
      assert.ok(linesOf(result)[0]?.startsWith(problem), linesOf(result)[0])
    })
  }

  test('never shows the value, which may be a secret', (t) => {
    const result = load(t, text, { overrides: ['security.clients[0].token=top secret'] })
    assert.equal(result.ok, false)
    assert.doesNotMatch(JSON.stringify(result), /top secret/)
  })
})

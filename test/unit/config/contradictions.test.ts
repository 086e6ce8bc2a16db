import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { linesOf, load } from './loading.ts'

const minimal = 'cluster: shop\nstore: { kind: embedded }\n'
const client = '{ name: app, token: 0123456789abcdef }'

const contradicting: readonly [name: string, text: string, ...problems: (string | RegExp)[]][] = [
  [
    'a data port beyond loopback that anyone could use',
    `${minimal}listen:\n  resp: { host: 0.0.0.0 }\n`,
    /^4:17 listen\.resp\.host 0\.0\.0\.0 can be reached.* add security\.clients, or say security\.allowAnonymous: true/,
  ],
  [
    'an admin port beyond loopback',
    `${minimal}listen:\n  admin: { host: "::" }\n`,
    /^4:18 listen\.admin\.host :: can be/,
  ],
  ['a name that may not be loopback', `${minimal}listen:\n  http: { host: example.org }\n`, /^4:17 listen\.http\.host/],
  [
    'two listeners on one port',
    `${minimal}listen:\n  resp: { port: 7400 }\n`,
    '4:17 listen.resp.port 7400 is already taken by listen.http; give each its own port',
  ],
  [
    'one port on an address and on all addresses',
    `${minimal}listen: { http: { host: 0.0.0.0, port: 7402 } }\nsecurity: { clients: [${client}] }\n`,
    /^3:\d+ listen\.admin\.port 7402 is already taken by listen\.http/,
  ],
  [
    'a client name used twice',
    `${minimal}security:\n  clients:\n    - ${client}\n    - { name: app, token: fedcba9876543210 }\n`,
    '6:15 the client name app is used twice; choose another',
  ],
  [
    'a reserved client name',
    `${minimal}security: { clients: [{ name: anonymous, token: 0123456789abcdef }] }\n`,
    /reserved/,
  ],
  [
    'a client without a token',
    `${minimal}security:\n  clients:\n    - { name: app }\n`,
    '5:7 the client app needs either tokenFile or token',
  ],
  [
    'a client with two tokens',
    `${minimal}security:\n  clients:\n    - { name: app, token: a, tokenFile: b }\n`,
    '5:7 the client app needs either tokenFile or token',
  ],
  [
    'maxShards below shards',
    `${minimal}sharding: { shards: 4, maxShards: 2 }\n`,
    '3:35 sharding.maxShards 2 is below sharding.shards 4; raise it or leave it out',
  ],
  [
    'queueAge above timeout',
    `${minimal}limits: { queueAge: 2s }\n`,
    '3:21 limits.queueAge (2s) must not exceed limits.timeout (1s); lower it, or raise limits.timeout as well',
  ],
  [
    'a timeout above queryTimeout',
    `${minimal}limits: { timeout: 1m }\n`,
    '3:20 limits.timeout (1m) must not exceed limits.queryTimeout (30s); lower it, or raise limits.queryTimeout as well',
  ],
  [
    'a value above a request',
    `${minimal}limits: { maxValue: 17MiB }\n`,
    '3:21 limits.maxValue (17MiB) must not exceed limits.maxRequest (16MiB); lower it, or raise limits.maxRequest as well',
  ],
  [
    'a value that no answer could hold',
    `${minimal}limits: { mergeBudget: 1MiB, maxValue: 2MiB }\n`,
    '3:40 limits.maxValue (2MiB) must not exceed limits.mergeBudget (1MiB)',
  ],
  [
    'output buffers the wrong way round',
    `${minimal}limits: { outputBuffer: 9MiB }\n`,
    '3:25 limits.outputBuffer (9MiB) must not exceed limits.outputBufferHard (8MiB); lower it, or raise limits.outputBufferHard as well',
  ],
  [
    'a log segment below a request',
    'cluster: a\nstore: { kind: embedded, logSegment: 1MiB }\n',
    '2:38 limits.maxRequest (16MiB) must not exceed store.logSegment (1MiB); raise it, or lower limits.maxRequest as well',
  ],
  [
    'more connections from one address than there may be',
    `${minimal}limits: { maxConnections: 3, maxConnectionsPerIp: 4 }\n`,
    '3:51 limits.maxConnectionsPerIp (4) must not exceed limits.maxConnections (3)',
  ],
  [
    'etcd keys without etcd',
    `${minimal}coordination: { endpoints: [http://127.0.0.1:2379] }\n`,
    '3:17 coordination.endpoints belongs to coordination.kind etcd',
  ],
  [
    'servers behind an embedded store',
    'cluster: a\nstore:\n  kind: embedded\n  nodes: []\n',
    '4:3 store.nodes belongs to store.kind redis, postgres or http',
  ],
]

describe('contradictions', () => {
  for (const [name, text, ...problems] of contradicting) {
    test(name, (t) => {
      const result = load(t, text)
      assert.equal(result.ok, false)
      const lines = linesOf(result)
      assert.equal(lines.length, problems.length, lines.join('\n'))
      for (const [index, problem] of problems.entries()) {
        if (typeof problem === 'string') assert.equal(lines[index], problem)
        else assert.match(lines[index] ?? '', problem)
      }
    })
  }

  test('rocksdb without its package says how to install it', (t) => {
    const text = 'cluster: shop\nstore: { kind: embedded, engine: rocksdb }\n'
    assert.ok(load(t, text).ok)
    const result = load(t, text, { installed: (name) => name !== 'rocksdb-native' })
    assert.deepEqual(linesOf(result), [
      '2:34 store.engine rocksdb needs the optional package rocksdb-native; run: npm install rocksdb-native',
    ])
  })

  test('any number of listeners may take a free port', (t) => {
    assert.ok(load(t, `${minimal}listen: { http: { port: 0 }, resp: { port: 0 }, admin: { port: 0 } }\n`).ok)
  })

  for (const host of ['127.0.0.1', '127.8.0.1', '::1', 'localhost']) {
    test(`${host} is loopback`, (t) => assert.ok(load(t, `${minimal}listen: { http: { host: "${host}" } }\n`).ok))
  }

  test('clients or allowAnonymous open a listener to the network, with a warning', (t) => {
    const open = `${minimal}listen:\n  http: { host: 0.0.0.0 }\n`
    const withClients = load(t, `${open}security: { clients: [${client}] }\n`)
    assert.ok(withClients.ok)
    assert.match(linesOf(withClients).join(), /tokens cross the network unencrypted on http/)
    const anonymous = load(t, `${open}security: { allowAnonymous: true }\n`)
    assert.ok(anonymous.ok)
    assert.match(linesOf(anonymous).join(), /anyone who reaches http may do everything/)
  })
})

describe('what a later release brings is refused, never ignored', () => {
  const cases: readonly [text: string, place: string][] = [
    ['coordination: { kind: etcd, endpoints: [http://127.0.0.1:2379] }', '3:23 coordination.kind etcd'],
    ['coordination: { join: 127.0.0.1:7403 }', '3:23 joining a cluster'],
    ['replication: { minInSync: 2 }', '3:27 replication'],
    ['scaling: { operator: local }', '3:22 scaling.operator local'],
    ['scaling: { triggers: { timeouts: { up: 2 } } }', '3:22 scaling.triggers'],
    ['security: { peerSecretFile: ./peer.secret }', '3:29 security.peerSecretFile'],
  ]
  for (const [line, place] of cases) {
    test(line, (t) => {
      const result = load(t, `${minimal}${line}\n`)
      assert.equal(result.ok, false)
      const text = linesOf(result).join('\n')
      assert.ok(text.startsWith(`${place} is not available in this release; `), text)
    })
  }

  for (const kind of ['redis', 'postgres', 'http']) {
    test(`store.kind ${kind}`, (t) => {
      const result = load(
        t,
        `cluster: shop\nstore:\n  kind: ${kind}\n  nodes: [{ id: a, url: "http://127.0.0.1:80" }]\n`,
      )
      assert.deepEqual(linesOf(result), [`3:9 store.kind ${kind} is not available in this release; use embedded`])
    })
  }
})

describe('doubts', () => {
  const cases: readonly [line: string, warning: string][] = [
    ['listen: { peer: { port: 9 } }', '3:11 listen.peer is not opened in this release, which runs one node'],
    [
      'sharding: { maxShards: 4 }',
      '3:13 splitting is not available in this release; maxShards above shards only makes atomic operations need one {tag}',
    ],
    [`security: { clients: [{ name: app, token: short }] }`, ''],
  ]
  for (const [line, warning] of cases) {
    test(line, (t) => {
      const result = load(t, `${minimal}${line}\n`)
      assert.ok(result.ok)
      assert.equal(linesOf(result).length, 1)
      if (warning !== '') assert.equal(linesOf(result)[0], warning)
    })
  }

  test('durability of an engine that keeps nothing', (t) => {
    const result = load(t, 'cluster: shop\nstore: { kind: embedded, engine: memory, durability: group }\n')
    assert.ok(result.ok)
    assert.match(linesOf(result).join(), /^2:42 store\.durability means nothing/)
  })
})

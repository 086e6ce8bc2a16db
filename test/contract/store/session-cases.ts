import assert from 'node:assert/strict'
import { GatewayError } from '../../../src/errors.ts'
import type { Body } from '../../../src/operation/body.ts'
import type { Handler } from '../../../src/operation/operation.ts'
import { etagOf } from '../../../src/operation/record.ts'
import type { Reply } from '../../../src/operation/reply.ts'
import type { Position } from '../../../src/operation/token.ts'
import { operationOf } from '../../support/operations.ts'
import type { CaseRegister } from './store-case.ts'
import { bytes, putBody, textOf } from './store-client.ts'

export function sessionCases(store: CaseRegister): void {
  store.on([], 'the store says of itself what the suite was told', async ({ harness, capabilities }) => {
    assert.deepEqual([...harness.store.capabilities.bodies].sort(), [...capabilities.bodies].sort())
    assert.equal(harness.store.capabilities.durable, capabilities.durable)
    assert.equal(harness.store.capabilities.immediateReads, capabilities.immediateReads)
    assert.equal(capabilities.durable, harness.restart !== undefined)
  })

  store.on(
    ['put', 'get'],
    'with immediateReads a get answers before dispatch returns',
    async ({ client, harness, key }) => {
      if (!store.capabilities.immediateReads) return
      await client.put(key(), 'v')
      let seen: string | undefined
      const body = { kind: 'get', key: bytes(key()), projection: 'value' } as const
      const handler: Handler = {
        onReply: (_, reply) => {
          seen = reply.kind === 'record' ? textOf(reply.record) : undefined
        },
        onError: (_, error) => assert.fail(error.detail),
      }
      harness.store.session(harness.shard, harness.node).dispatch(body, operationOf(body), handler)
      assert.equal(seen, 'v')
    },
  )

  const all = ['put', 'get', 'delete', 'modify', 'scan', 'count', 'exists-many'] as const
  store.on(all, 'operations dispatched one behind the other see those before them', async ({ client, key, prefix }) => {
    const range = {
      lower: { key: bytes(prefix), inclusive: true },
      upper: { key: bytes(`${prefix}~`), inclusive: true },
    }
    const answers = await Promise.all([
      client.ask(putBody(key('a'), '1')),
      client.ask({ kind: 'modify', key: bytes(key('a')), change: { name: 'increment', by: 1n } }),
      client.ask({ kind: 'get', key: bytes(key('a')), projection: 'value' }),
      client.ask(putBody(key('b'), 'x')),
      client.ask({ kind: 'delete', key: bytes(key('a')) }),
      client.ask({ kind: 'exists-many', keys: [bytes(key('a')), bytes(key('b'))] }),
      client.ask({ kind: 'count', range }),
      client.ask({ kind: 'scan', range, order: 'asc', limit: 10, maxBytes: 1 << 20, values: true }),
    ])
    assert.deepEqual(answers.map(shown), ['created', 'updated', '2', 'created', 'deleted', 1, 1, ['x']])
  })

  store.on(['put', 'get'], 'a handler may dispatch further operations', async ({ harness, key }) => {
    const session = harness.store.session(harness.shard, harness.node)
    const seen: string[] = []
    const next = (step: number): Body =>
      step % 2 === 0 ? putBody(key(), `${step}`) : { kind: 'get', key: bytes(key()), projection: 'value' }
    await new Promise<void>((resolve, reject) => {
      const handler: Handler = {
        onReply: (_, reply) => {
          seen.push(`${shown(reply)}`)
          if (seen.length === 40) return resolve()
          session.dispatch(next(seen.length), operationOf(next(seen.length)), handler)
        },
        onError: (_, error) => reject(new Error(error.detail)),
      }
      session.dispatch(next(0), operationOf(next(0)), handler)
    })
    assert.deepEqual(seen.slice(0, 6), ['created', '0', 'replaced', '2', 'replaced', '4'])
  })

  store.on(
    ['put', 'get'],
    'a write moves the position on, and a read reflects it',
    async ({ client, harness, key }) => {
      const at = ([position]: readonly Position[]): Position => {
        assert.equal(position!.shard, harness.shard)
        return position!
      }
      let last = at((await client.expect('written', putBody(key(), 'v'))).positions)
      for (let i = 0; i < 20; i++) {
        const now = at((await client.expect('written', putBody(key(), `${i}`))).positions)
        assert.equal(now.history, last.history)
        assert.ok(now.epoch > last.epoch || (now.epoch === last.epoch && now.index > last.index))
        const read = await client.expect('record', { kind: 'get', key: bytes(key()), projection: 'meta' })
        assert.ok(at(read.positions).index >= now.index)
        last = now
      }
    },
  )

  store.on(
    ['put', 'get', 'delete'],
    'a crowd of writers: each is answered once, versions are never shared',
    async (on) => {
      const { client, key } = on
      const answers = await Promise.all(
        Array.from({ length: 2_000 }, (_, i) => client.ask(putBody(key(`${i % 97}`), `${i}`))),
      )
      const tags = answers.map((answer) =>
        'version' in answer && answer.version !== undefined ? etagOf(answer.version) : '',
      )
      assert.equal(new Set(tags).size, 2_000)
      for (let i = 0; i < 97; i++) {
        const last = Array.from({ length: 2_000 }, (_, n) => n)
          .filter((n) => n % 97 === i)
          .at(-1)
        assert.equal(await client.get(key(`${i}`)), `${last}`)
      }
    },
  )
}

export function lifecycleCases(store: CaseRegister): void {
  const kinds = ['put', 'get', 'delete', 'scan', 'count', 'size'] as const
  store.on(kinds, 'what was acknowledged is there after a restart, under the same versions', async (context) => {
    const { client, harness, key, prefix } = context
    if (harness.restart === undefined) return
    const tags = new Map<string, string>()
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 100; i++) {
        const name = key(`${(i * 13 + round) % 70}`)
        if (i % 5 === 0) {
          await client.delete(name)
          tags.delete(name)
        } else {
          tags.set(name, etagOf((await client.put(name, `${round}.${i}`)).version!))
        }
      }
      const { count } = await client.expect('count', { kind: 'size' })
      await harness.restart()
      assert.equal((await client.expect('count', { kind: 'size' })).count, count)
      const range = {
        lower: { key: bytes(prefix), inclusive: true },
        upper: { key: bytes(`${prefix}~`), inclusive: true },
      }
      const scan = { kind: 'scan', range, order: 'asc', limit: 1_000, maxBytes: 1 << 24, values: false } as const
      const { entries } = await client.expect('page', scan)
      const found = entries.map((entry) => [Buffer.from(entry.key).toString('latin1'), etagOf(entry.record)] as const)
      assert.deepEqual(new Map(found), new Map([...tags].sort()))
    }
  })

  store.on(['put', 'get'], 'a version is not used again after a restart', async ({ client, harness, key }) => {
    if (harness.restart === undefined) return
    const seen = new Set<string>()
    for (let life = 0; life < 4; life++) {
      for (let i = 0; i < 10; i++) seen.add(etagOf((await client.put(key(), 'v')).version!))
      await harness.restart()
    }
    assert.equal(seen.size, 40)
  })

  store.on(['put', 'get', 'scan', 'count'], 'close finishes what was dispatched', async ({ client, harness, key }) => {
    if (harness.restart === undefined) return
    await Promise.all(Array.from({ length: 500 }, (_, i) => client.put(key(`${i}`), 'v')))
    const asked: Promise<unknown>[] = []
    for (let i = 0; i < 200; i++) {
      asked.push(client.ask(putBody(key(`late ${i}`), 'v')))
      asked.push(client.ask({ kind: 'get', key: bytes(key(`${i}`)), projection: 'value' }))
      if (i % 20 === 0) asked.push(client.ask({ kind: 'count', range: {} }))
    }
    await harness.restart()
    for (const answer of await Promise.all(asked)) {
      if (answer instanceof GatewayError) assert.fail(`${answer.code}: ${answer.detail}`)
    }
    for (let i = 0; i < 200; i++) assert.equal(await client.get(key(`late ${i}`)), 'v')
  })
}

function shown(answer: Reply | GatewayError): unknown {
  if (answer instanceof GatewayError) return answer.code
  switch (answer.kind) {
    case 'written':
      return answer.status
    case 'record':
      return textOf(answer.record)
    case 'count':
      return answer.count
    case 'page':
      return answer.entries.map(({ record }) => textOf(record))
    default:
      return answer.kind
  }
}

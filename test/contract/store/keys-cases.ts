import assert from 'node:assert/strict'
import type { CaseRegister } from './store-case.ts'
import { bytes, textOf } from './store-client.ts'

export function keysCases(store: CaseRegister): void {
  store.on(['put', 'get-many'], 'get-many: in the order asked for, duplicates and absent ones too', async (on) => {
    const { client, key } = on
    for (const name of ['a', 'b', 'c']) await client.put(key(name), name)
    const asked = ['c', 'x', 'a', 'a', 'b', 'x']
    const { records } = await client.expect('records', {
      kind: 'get-many',
      keys: asked.map((name) => bytes(key(name))),
    })
    await client.put(key('a'), 'changed')
    assert.deepEqual(records.map(textOf), ['c', undefined, 'a', 'a', 'b', undefined])
    assert.equal(records[0]!.contentType, 'text/plain')
  })

  store.on(['put', 'delete-many', 'get'], 'delete-many: a key named twice counts once', async ({ client, key }) => {
    for (const name of ['a', 'b', 'c']) await client.put(key(name), name)
    const keys = ['a', 'x', 'b', 'a', 'x'].map((name) => bytes(key(name)))
    assert.equal((await client.expect('count', { kind: 'delete-many', keys })).count, 2)
    assert.equal(await client.get(key('a')), undefined)
    assert.equal(await client.get(key('c')), 'c')
    assert.equal((await client.expect('count', { kind: 'delete-many', keys })).count, 0)
  })

  store.on(['put', 'exists-many'], 'exists-many: a key named twice counts twice', async ({ client, key }) => {
    for (const name of ['a', 'b']) await client.put(key(name), name)
    const keys = ['a', 'x', 'b', 'a'].map((name) => bytes(key(name)))
    assert.equal((await client.expect('count', { kind: 'exists-many', keys })).count, 3)
  })

  const kinds = ['put', 'get-many', 'delete-many', 'exists-many'] as const
  store.on(kinds, 'lists of thousands, and of none', async ({ client, key }) => {
    const keys = Array.from({ length: 3_000 }, (_, i) => bytes(key(`${i}`)))
    await Promise.all(keys.flatMap((each, i) => (i % 3 === 0 ? [client.put(each.toString('latin1'), `${i}`)] : [])))
    assert.equal((await client.expect('count', { kind: 'exists-many', keys })).count, 1_000)
    const { records } = await client.expect('records', { kind: 'get-many', keys })
    assert.deepEqual(
      records.map(textOf),
      keys.map((_, i) => (i % 3 === 0 ? `${i}` : undefined)),
    )
    assert.equal((await client.expect('count', { kind: 'delete-many', keys })).count, 1_000)
    assert.equal((await client.expect('count', { kind: 'exists-many', keys })).count, 0)
    assert.equal((await client.expect('records', { kind: 'get-many', keys: [] })).records.length, 0)
    assert.equal((await client.expect('count', { kind: 'delete-many', keys: [] })).count, 0)
  })
}

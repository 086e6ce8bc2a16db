import assert from 'node:assert/strict'
import type { ExpireOnly, Expiry } from '../../../src/operation/body.ts'
import type { CaseContext, CaseRegister } from './store-case.ts'
import { bytes, textOf } from './store-client.ts'

const int64Max = 2n ** 63n - 1n
const int64Min = -(2n ** 63n)

const notIntegers = [
  '',
  ' 1',
  '1 ',
  '+1',
  '01',
  '-0',
  '1.0',
  '1e3',
  '0x10',
  '9223372036854775808',
  '-9223372036854775809',
]
const notFloats = ['', 'abc', '1.2.3', '1 ', ' 1', '1e', '--1', '.', 'nan', '1e5000']

export function modifyCases(store: CaseRegister): void {
  const on = (name: string, run: (context: CaseContext) => Promise<void>): void =>
    store.on(['put', 'get', 'modify'], `modify: ${name}`, run)

  on('increment counts in 64 bits and says when it cannot', async ({ client, key }) => {
    const by = (amount: bigint) =>
      ({ kind: 'modify', key: bytes(key()), change: { name: 'increment', by: amount } }) as const
    assert.equal((await client.modify(key(), { name: 'increment', by: 5n })).integer, 5n)
    assert.equal((await client.modify(key(), { name: 'increment', by: -7n })).integer, -2n)
    assert.equal(await client.get(key()), '-2')
    await client.put(key(), `${int64Max - 1n}`)
    assert.equal((await client.modify(key(), { name: 'increment', by: 1n })).integer, int64Max)
    await client.refuse('overflow', by(1n))
    assert.equal(await client.get(key()), `${int64Max}`)
    await client.put(key(), `${int64Min}`)
    assert.equal((await client.refuse('overflow', by(-1n))).outcome, 'not-applied')
    await client.put(key(), '0')
    assert.equal((await client.modify(key(), { name: 'increment', by: int64Min })).integer, int64Min)
    for (const text of notIntegers) {
      await client.put(key(), text)
      await client.refuse('not-an-integer', by(1n))
      assert.equal(await client.get(key()), text)
    }
  })

  on('increment-float adds decimals', async ({ client, key }) => {
    const add = (text: string) => client.modify(key(), { name: 'increment-float', by: text })
    assert.equal(textOfValue((await add('10.50')).value), '10.5')
    assert.equal(textOfValue((await add('0.1')).value), '10.6')
    assert.equal(textOfValue((await add('-5')).value), '5.6')
    assert.equal(await client.get(key()), '5.6')
    await client.put(key(), '5.0e3')
    assert.equal(textOfValue((await add('2.0e2')).value), '5200')
    const wrong = (by: string) =>
      ({ kind: 'modify', key: bytes(key()), change: { name: 'increment-float', by } }) as const
    for (const text of notFloats) {
      await client.put(key(), text)
      await client.refuse('not-a-float', wrong('1'))
    }
    await client.put(key(), '1')
    for (const text of notFloats) await client.refuse('not-a-float', wrong(text))
    await client.refuse('nan-or-infinity', wrong('inf'))
    assert.equal(await client.get(key()), '1')
  })

  on('append and set-range answer the new length', async ({ client, key, harness }) => {
    assert.equal((await client.modify(key(), { name: 'append', value: bytes('Hello') })).integer, 5)
    assert.equal((await client.modify(key(), { name: 'append', value: bytes(' World') })).integer, 11)
    assert.equal((await client.modify(key(), { name: 'set-range', offset: 6, value: bytes('Redis') })).integer, 11)
    assert.equal(await client.get(key()), 'Hello Redis')
    assert.equal((await client.modify(key('pad'), { name: 'set-range', offset: 3, value: bytes('x') })).integer, 4)
    assert.equal(await client.get(key('pad')), '\0\0\0x')
    const nothing = await client.modify(key('none'), { name: 'set-range', offset: 9, value: bytes('') })
    assert.deepEqual([nothing.status, nothing.integer], ['absent', 0])
    assert.equal(await client.record(key('none')), undefined)
    const same = await client.modify(key(), { name: 'set-range', offset: 2, value: bytes('') })
    assert.deepEqual([same.status, same.integer], ['unchanged', 11])
    await client.modify(key('empty'), { name: 'append', value: bytes('') })
    assert.equal(await client.get(key('empty')), '', 'APPEND of nothing creates an empty record')
    const far = { name: 'set-range', offset: harness.maxValueBytes, value: bytes('x') } as const
    await client.refuse('too-large', { kind: 'modify', key: bytes(key()), change: far })
    const much = { name: 'append', value: Buffer.alloc(harness.maxValueBytes - 5) } as const
    await client.refuse('too-large', { kind: 'modify', key: bytes(key()), change: much })
    assert.equal(await client.get(key()), 'Hello Redis')
  })

  on('a rewrite keeps content type and expiry, and makes a new version', async ({ client, key, harness }) => {
    const end = harness.clock.wallMs() + 60_000
    await client.put(key(), '1', { contentType: 'application/json', expiry: { kind: 'at', ms: end } })
    const before = await client.version(key())
    for (const change of [
      { name: 'increment', by: 1n },
      { name: 'increment-float', by: '1.5' },
      { name: 'append', value: bytes('0') },
      { name: 'set-range', offset: 0, value: bytes('9') },
    ] as const) {
      const { status, version } = await client.modify(key(), change)
      assert.equal(status, 'updated')
      assert.deepEqual(await client.version(key()), version)
      assert.notDeepEqual(version, before)
    }
    const record = await client.record(key())
    assert.deepEqual([record!.contentType, record!.expiresAtMs], ['application/json', end])
    assert.equal(textOf(record), '9.50')
  })

  on('expire under every option', expireTable)

  on('persist and get-and-expire', async ({ client, key, harness }) => {
    const soon: Expiry = { kind: 'after', ms: 60_000 }
    assert.equal((await client.modify(key(), { name: 'persist' })).status, 'absent')
    assert.equal((await client.modify(key(), { name: 'get-and-expire', expiry: soon })).status, 'absent')
    await client.put(key(), 'v')
    assert.equal((await client.modify(key(), { name: 'persist' })).status, 'unchanged')
    const plain = await client.modify(key(), { name: 'get-and-expire', expiry: { kind: 'keep' } })
    assert.deepEqual([plain.status, textOf(plain.previous)], ['unchanged', 'v'])
    const expiring = await client.modify(key(), { name: 'get-and-expire', expiry: soon })
    assert.deepEqual([expiring.status, textOf(expiring.previous)], ['updated', 'v'])
    assert.deepEqual(await client.version(key()), expiring.version)
    assert.equal((await client.modify(key(), { name: 'persist' })).status, 'updated')
    assert.equal((await client.record(key()))!.expiresAtMs, 0)
    await client.modify(key(), { name: 'get-and-expire', expiry: soon })
    const cleared = await client.modify(key(), { name: 'get-and-expire', expiry: { kind: 'clear' } })
    assert.deepEqual([cleared.status, textOf(cleared.previous)], ['updated', 'v'])
    const past: Expiry = { kind: 'at', ms: harness.clock.wallMs() - 1 }
    const gone = await client.modify(key(), { name: 'get-and-expire', expiry: past })
    assert.deepEqual([gone.status, textOf(gone.previous), gone.version], ['updated', 'v', undefined])
    assert.equal(await client.record(key()), undefined)
  })

  on('what happens at once happens one after the other', async ({ client, key }) => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => client.modify(key(), { name: 'increment', by: 1n })),
    )
    assert.deepEqual(
      answers.map(({ integer }) => Number(integer)),
      Array.from({ length: 100 }, (_, i) => i + 1),
    )
    assert.equal(await client.get(key()), '100')
  })
}

/** EXPIRE's options, Redis 7.0: a record without an expiry counts as one that ends never. */
const expireRows: readonly (readonly [ExpireOnly | undefined, number | undefined, number, boolean])[] = [
  [undefined, undefined, 50, true],
  [undefined, 50, 50, true],
  ['nx', undefined, 50, true],
  ['nx', 50, 60, false],
  ['xx', undefined, 50, false],
  ['xx', 50, 40, true],
  ['gt', undefined, 50, false],
  ['gt', 50, 50, false],
  ['gt', 50, 60, true],
  ['gt', 50, 40, false],
  ['lt', undefined, 50, true],
  ['lt', 50, 40, true],
  ['lt', 50, 50, false],
  ['lt', 50, 60, false],
  ['xx-lt', undefined, 50, false],
  ['xx-lt', 50, 40, true],
  ['xx-lt', 50, 60, false],
]

async function expireTable({ client, key, harness }: CaseContext): Promise<void> {
  const start = harness.clock.wallMs() + 100_000
  const at = (seconds: number): Expiry => ({ kind: 'at', ms: start + seconds * 1000 })
  const change = (only: ExpireOnly | undefined, expiry: Expiry) =>
    ({ name: 'expire', expiry, ...(only === undefined ? {} : { only }) }) as const
  assert.equal((await client.modify(key('none'), change(undefined, at(1)))).status, 'absent')
  for (const [only, before, wanted, changes] of expireRows) {
    await client.put(key(), 'v', { expiry: before === undefined ? { kind: 'clear' } : at(before) })
    const where = `${only ?? 'plain'}: from ${before ?? 'never'} to ${wanted}`
    const { status, version } = await client.modify(key(), change(only, at(wanted)))
    assert.equal(status, changes ? 'updated' : 'unchanged', where)
    const record = await client.record(key())
    const expected = changes ? start + wanted * 1000 : before === undefined ? 0 : start + before * 1000
    assert.equal(record!.expiresAtMs, expected, where)
    assert.equal(textOf(record), 'v')
    if (changes) assert.deepEqual(await client.version(key()), version, where)
  }
  await client.put(key(), 'v')
  const past = await client.modify(key(), change(undefined, { kind: 'at', ms: 1 }))
  assert.deepEqual([past.status, past.version], ['updated', undefined])
  assert.equal(await client.record(key()), undefined)
}

function textOfValue(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value).toString()
}

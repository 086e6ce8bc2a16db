import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Compare, CompareOp, TransactionOp } from '../../../src/cluster/coordination/coordinator.ts'
import { put, refuses, remove, textOf, utf8 } from './bytes.ts'
import type { Case } from './suite.ts'

export const transactionCases: Case = (harness) => {
  const store = () => harness().coordinator
  const holds = async (compare: Compare[]) => (await store().transact({ compare, success: [] })).succeeded

  it('answers an absent key with the revision and no item', async () => {
    const revision = await put(store(), 'tx/other', 'x')
    assert.deepEqual(await store().get('tx/absent'), { revision, item: undefined })
  })

  it('raises the revision by one for each transaction that changes something, and only for those', async () => {
    const first = await put(store(), 'tx/revision', 'a')
    const nothing: TransactionOp[] = [
      { op: 'delete', key: 'tx/absent' },
      { op: 'get', key: 'tx/revision' },
    ]
    const idle = await store().transact({ compare: [], success: nothing })
    assert.equal(idle.revision, first)
    const both: TransactionOp[] = [
      { op: 'put', key: 'tx/revision', value: utf8('a') },
      { op: 'put', key: 'tx/revision-2', value: utf8('b') },
    ]
    const second = await store().transact({ compare: [], success: both })
    assert.equal(second.revision, first + 1)
    const { items } = await store().range('tx/revision')
    assert.deepEqual(
      items.map((item) => item.modRevision),
      [first + 1, first + 1],
      'one revision for the transaction',
    )
  })

  it('keeps create revision, mod revision and version as etcd does', async () => {
    const created = await put(store(), 'tx/meta', '1')
    const changed = await put(store(), 'tx/meta', '2')
    const { item } = await store().get('tx/meta')
    assert.deepEqual([item?.createRevision, item?.modRevision, item?.version], [created, changed, 2])
    await remove(store(), 'tx/meta')
    const again = await put(store(), 'tx/meta', '3')
    const reborn = (await store().get('tx/meta')).item
    assert.deepEqual([reborn?.createRevision, reborn?.modRevision, reborn?.version], [again, again, 1])
  })

  it('compares mod, create and version with every operator', async () => {
    await put(store(), 'tx/compare', '1')
    await put(store(), 'tx/compare', '2')
    const { item } = await store().get('tx/compare')
    const actual = { mod: item!.modRevision, create: item!.createRevision, version: item!.version }
    const expected: Record<CompareOp, (difference: number) => boolean> = {
      '=': (d) => d === 0,
      '!=': (d) => d !== 0,
      '<': (d) => d < 0,
      '>': (d) => d > 0,
    }
    for (const target of ['mod', 'create', 'version'] as const) {
      for (const op of Object.keys(expected) as CompareOp[]) {
        for (const delta of [-1, 0, 1]) {
          const to = actual[target] + delta
          assert.equal(
            await holds([{ key: 'tx/compare', target, op, to }]),
            expected[op](-delta),
            `${target} ${op} ${delta}`,
          )
        }
      }
    }
  })

  it('compares values as bytes, and never holds for the value of an absent key', async () => {
    await put(store(), 'tx/value', 'b')
    const value = (op: CompareOp, to: Uint8Array, key = 'tx/value') => holds([{ key, target: 'value', op, to }])
    assert.equal(await value('=', utf8('b')), true)
    assert.equal(await value('=', utf8('ba')), false)
    assert.equal(await value('<', utf8('ba')), true)
    assert.equal(await value('>', utf8('a')), true)
    assert.equal(await value('<', Uint8Array.of(0xff)), true, 'bytes are unsigned')
    assert.equal(await value('!=', utf8('b')), false)
    for (const op of ['=', '!=', '<', '>'] as const) assert.equal(await value(op, utf8(''), 'tx/absent'), false)
  })

  it('counts an absent key as revision 0 and version 0', async () => {
    for (const target of ['mod', 'create', 'version'] as const) {
      assert.equal(await holds([{ key: 'tx/absent', target, op: '=', to: 0 }]), true)
      assert.equal(await holds([{ key: 'tx/absent', target, op: '>', to: 0 }]), false)
    }
  })

  it('takes the failure branch unless every comparison holds', async () => {
    const revision = await put(store(), 'tx/branch', 'old')
    const transaction = (mod: number) => ({
      compare: [
        { key: 'tx/branch', target: 'version', op: '>', to: 0 },
        { key: 'tx/branch', target: 'mod', op: '=', to: mod },
      ] as const,
      success: [{ op: 'put', key: 'tx/branch', value: utf8('new') }] as const,
      failure: [{ op: 'get', key: 'tx/branch' }] as const,
    })
    const lost = await store().transact(transaction(revision - 1))
    assert.equal(lost.succeeded, false)
    assert.equal(lost.responses[0]?.op === 'get' ? textOf(lost.responses[0].item) : undefined, 'old')
    const won = await store().transact(transaction(revision))
    assert.equal(won.succeeded, true)
    assert.equal(textOf((await store().get('tx/branch')).item), 'new')
  })

  it('lets operations see those before them', async () => {
    await put(store(), 'tx/seen/a', '1')
    const result = await store().transact({
      compare: [],
      success: [
        { op: 'put', key: 'tx/seen/b', value: utf8('2') },
        { op: 'range', prefix: 'tx/seen/' },
        { op: 'delete-range', prefix: 'tx/seen/a' },
        { op: 'range', prefix: 'tx/seen/', limit: 1 },
        { op: 'delete', key: 'tx/seen/a' },
      ],
    })
    const [, before, swept, later, gone] = result.responses
    assert.deepEqual(before?.op === 'range' && before.items.map((item) => item.key), ['tx/seen/a', 'tx/seen/b'])
    assert.deepEqual(before?.op === 'range' && before.items[1]?.modRevision, result.revision)
    assert.deepEqual(swept, { op: 'delete-range', deleted: 1 })
    assert.deepEqual(later?.op === 'range' && [later.items.map((item) => item.key), later.more], [['tx/seen/b'], false])
    assert.deepEqual(gone, { op: 'delete', deleted: 0 })
  })

  it('ranges in byte order, with a limit that says whether there is more', async () => {
    for (const key of ['b', 'a/', 'a', 'a0', 'B']) await put(store(), `tx/range/${key}`, key)
    const all = await store().range('tx/range/')
    assert.deepEqual(all.items.map(textOf), ['B', 'a', 'a/', 'a0', 'b'])
    const some = await store().range('tx/range/', { limit: 2 })
    assert.deepEqual([some.items.map(textOf), some.more], [['B', 'a'], true])
    const exact = await store().range('tx/range/', { limit: 5 })
    assert.deepEqual([exact.items.length, exact.more], [5, false])
  })

  it('hands values back byte for byte, and keeps its own copy', async () => {
    const value = Uint8Array.from({ length: 256 }, (_, i) => i)
    const pending = store().transact({ compare: [], success: [{ op: 'put', key: 'tx/bytes', value }] })
    await pending
    value.fill(0)
    const { item } = await store().get('tx/bytes')
    assert.deepEqual(
      Array.from(item!.value),
      Array.from({ length: 256 }, (_, i) => i),
    )
  })

  it('refuses a key that one list changes twice, and changes nothing', async () => {
    const twice = { op: 'put', key: 'tx/twice', value: utf8('x') } as const
    const refused: TransactionOp[][] = [
      [twice, twice],
      [twice, { op: 'delete', key: 'tx/twice' }],
      [{ op: 'delete-range', prefix: 'tx/tw' }, twice],
    ]
    for (const success of refused) {
      await refuses(store().transact({ compare: [], success }), 'invalid')
      await refuses(store().transact({ compare: [], success: [], failure: success }), 'invalid')
    }
    assert.equal((await store().get('tx/twice')).item, undefined)
  })

  it('refuses bad keys and too many operations', async () => {
    for (const key of ['', 'with space', 'ünï', 'a'.repeat(513), 'line\n'])
      await refuses(put(store(), key, ''), 'invalid')
    const { transactionOps } = store().capabilities
    const many = (count: number) =>
      Array.from({ length: count }, (_, i): TransactionOp => ({ op: 'put', key: `tx/many/${i}`, value: utf8('') }))
    await refuses(store().transact({ compare: [], success: many(transactionOps + 1) }), 'invalid')
    const { responses } = await store().transact({ compare: [], success: many(transactionOps) })
    assert.equal(responses.length, transactionOps)
  })

  it('lets exactly one of many competing transactions win', async () => {
    const attempt = (name: string) =>
      store().transact({
        compare: [{ key: 'tx/race', target: 'create', op: '=', to: 0 }],
        success: [{ op: 'put', key: 'tx/race', value: utf8(name) }],
      })
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => attempt(`n${i}`)))
    const winners = results.flatMap((result, i) => (result.succeeded ? [`n${i}`] : []))
    assert.equal(winners.length, 1)
    assert.equal(textOf((await store().get('tx/race')).item), winners[0])
  })
}

import assert from 'node:assert/strict'
import { GatewayError } from '../../../src/errors.ts'
import type { KeyRange, RangeBody, ScanBody } from '../../../src/operation/body.ts'
import { parseQuery } from '../../../src/operation/query/parse.ts'
import type { ScanEntry } from '../../../src/operation/reply.ts'
import { queryResult } from '../../support/query-result.ts'
import type { CaseContext, CaseRegister } from './store-case.ts'
import { bytes, textOf } from './store-client.ts'

const names = ['', '\x00', '\x00\xff', 'a', 'a\x00', 'a0', 'ab', 'b', 'ba', 'c', 'é', '\xfe', '\xff', '\xff\xff']

const scanOf = (range: KeyRange, extra: Partial<ScanBody> = {}): ScanBody => ({
  kind: 'scan',
  range,
  order: 'asc',
  limit: 1_000,
  maxBytes: 1 << 24,
  values: true,
  ...extra,
})

/** All keys of the case. */
const within = ({ prefix }: CaseContext): KeyRange => ({
  lower: { key: bytes(prefix), inclusive: true },
  upper: { key: bytes(`${prefix.slice(0, -1)}0`), inclusive: false },
})

async function fill({ client, key }: CaseContext): Promise<void> {
  for (const name of names) await client.put(key(name), `value of ${name}`)
}

const keysOf = (entries: readonly ScanEntry[]): string[] =>
  entries.map(({ key }) => Buffer.from(key).toString('latin1'))

/** Every range between two of these keys, with every kind of bound. */
function* rangesOf(context: CaseContext): Generator<{ range: KeyRange; expected: string[] }> {
  const all = names.map((name) => context.key(name))
  const points = ['', 'a', 'aa', 'b', '\xff'].map((name) => context.key(name))
  const whole = within(context)
  for (const low of points) {
    for (const high of points) {
      for (const lowIn of [true, false]) {
        for (const highIn of [true, false]) {
          const range = { lower: { key: bytes(low), inclusive: lowIn }, upper: { key: bytes(high), inclusive: highIn } }
          const expected = all.filter((key) => (lowIn ? key >= low : key > low) && (highIn ? key <= high : key < high))
          yield { range, expected }
        }
      }
    }
    const lower = { key: bytes(low), inclusive: true }
    yield { range: { ...whole, lower }, expected: all.filter((key) => key >= low) }
  }
}

export function rangeCases(store: CaseRegister): void {
  scanCases(store)
  pageCases(store)
  countCases(store)
  queryCases(store)
}

function scanCases(store: CaseRegister): void {
  store.on(['put', 'scan'], 'scan: bounds inclusive and exclusive, ascending and descending', async (context) => {
    await fill(context)
    for (const { range, expected } of rangesOf(context)) {
      for (const order of ['asc', 'desc'] as const) {
        const { entries, more } = await context.client.expect('page', scanOf(range, { order }))
        assert.deepEqual(keysOf(entries), order === 'asc' ? expected : expected.toReversed())
        assert.ok(!more || entries.length > 0, 'a page with more holds at least one')
      }
    }
  })

  store.on(['put', 'scan'], 'scan: open bounds', async (context) => {
    await fill(context)
    const { client, key } = context
    const all = names.map((name) => key(name))
    const up = scanOf({ lower: { key: bytes(all[0]!), inclusive: true } }, { limit: all.length })
    assert.deepEqual(keysOf((await client.expect('page', up)).entries), all)
    const down = scanOf({ upper: { key: bytes(all.at(-1)!), inclusive: true } }, { limit: all.length, order: 'desc' })
    assert.deepEqual(keysOf((await client.expect('page', down)).entries), all.toReversed())
    const everything = await client.expect('page', scanOf({}, { limit: 100_000 }))
    assert.ok(keysOf(everything.entries).join('\n').includes(all.join('\n')))
    assert.deepEqual(keysOf(everything.entries), keysOf(everything.entries).sort())
  })

  store.on(['put', 'scan'], 'scan: records with and without values, which may be kept', async (context) => {
    await fill(context)
    const { client, key } = context
    const full = await client.expect('page', scanOf(within(context)))
    const bare = await client.expect('page', scanOf(within(context), { values: false }))
    for (const name of names) await client.put(key(name), 'overwritten')
    assert.deepEqual(
      full.entries.map(({ record }) => textOf(record)),
      names.map((name) => `value of ${name}`),
    )
    assert.deepEqual(
      bare.entries.map(({ size }) => size),
      names.map((name) => `value of ${name}`.length),
    )
    assert.ok(full.entries.every(({ record, size }) => record.valueEnd - record.valueStart === size))
    assert.ok(bare.entries.every(({ record }) => record.contentType === 'text/plain' && record.bucket > 0))
  })

  store.on(['put', 'delete', 'scan'], 'scan: sees every write answered before it', async (context) => {
    const { client, key } = context
    const expected = new Set<string>()
    for (let i = 0; i < 300; i++) {
      const name = key(`${(i * 37) % 100}`.padStart(3, '0'))
      if (i % 3 === 2) {
        await client.delete(name)
        expected.delete(name)
      } else {
        await client.put(name, `${i}`)
        expected.add(name)
      }
      if (i % 10 !== 0) continue
      const { entries } = await client.expect('page', scanOf(within(context)))
      assert.deepEqual(keysOf(entries), [...expected].sort())
    }
  })
}

function pageCases(store: CaseRegister): void {
  store.on(['put', 'scan'], 'scan: pages by limit, one after the other, hold everything once', async (context) => {
    const { client, key } = context
    for (let i = 0; i < 25; i++) await client.put(key(`${i}`.padStart(2, '0')), 'v')
    for (const order of ['asc', 'desc'] as const) {
      for (const limit of [1, 7, 24, 25, 26]) {
        const pages = await paged(context, { limit, order })
        assert.ok(pages.every((page) => page.length <= limit))
        const keys = pages.flat()
        assert.deepEqual(
          order === 'asc' ? keys : keys.toReversed(),
          [...Array(25).keys()].map((i) => key(`${i}`.padStart(2, '0'))),
        )
      }
    }
  })

  store.on(
    ['put', 'scan'],
    'scan: a page ends before the record that would pass maxBytes, but holds one',
    async (context) => {
      const { client, key } = context
      for (let i = 0; i < 12; i++) await client.put(key(`${i}`.padStart(2, '0')), 'v'.repeat(10_000))
      const pages = await paged(context, { maxBytes: 35_000 })
      assert.deepEqual(
        pages.map((page) => page.length),
        [3, 3, 3, 3],
      )
      assert.ok((await paged(context, { maxBytes: 1 })).every((page) => page.length === 1))
      const bare = await paged(context, { maxBytes: 35_000, values: false })
      assert.deepEqual(
        bare.map((page) => page.length),
        [12],
        'values that are left out do not count',
      )
    },
  )
}

/** The keys of page after page, as a cursor would ask for them. */
async function paged(context: CaseContext, extra: Partial<ScanBody>): Promise<string[][]> {
  const pages: string[][] = []
  let range = within(context)
  for (;;) {
    const body = scanOf(range, extra)
    const { entries, more } = await context.client.expect('page', body)
    if (entries.length > 0) pages.push(keysOf(entries))
    if (!more) return pages
    assert.ok(entries.length > 0, 'a page with more holds at least one entry')
    const bound = { key: entries.at(-1)!.key, inclusive: false }
    range = body.order === 'asc' ? { ...range, lower: bound } : { ...range, upper: bound }
  }
}

function countCases(store: CaseRegister): void {
  store.on(['put', 'delete', 'count'], 'count: what scan would hold', async (context) => {
    await fill(context)
    for (const { range, expected } of rangesOf(context)) {
      assert.equal((await context.client.expect('count', { kind: 'count', range })).count, expected.length)
    }
    await context.client.delete(context.key('a'))
    const { count } = await context.client.expect('count', { kind: 'count', range: within(context) })
    assert.equal(count, names.length - 1)
  })

  store.on(['put', 'delete', 'size'], 'size: follows every create and delete', async ({ client, key }) => {
    const size = async (): Promise<number> => (await client.expect('count', { kind: 'size' })).count
    const before = await size()
    for (let i = 0; i < 30; i++) await client.put(key(`${i % 20}`), `${i}`)
    assert.equal(await size(), before + 20)
    for (let i = 0; i < 10; i++) await client.delete(key(`${i}`))
    assert.equal(await size(), before + 10)
    for (let i = 0; i < 20; i++) await client.delete(key(`${i}`))
    assert.equal(await size(), before)
  })

  store.on(
    ['put', 'delete-many', 'scan', 'random-key'],
    'random-key: any key, never one that is gone',
    async (context) => {
      const { client, key } = context
      const everything = await client.expect('page', scanOf({}, { limit: 100_000, values: false }))
      await client.expect('count', { kind: 'delete-many', keys: everything.entries.map((entry) => entry.key) })
      assert.deepEqual((await client.expect('page', { kind: 'random-key' })).entries, [])
      const expected = ['', 'a', 'a1', 'b', 'bbbb', 'user:0001', 'user:0002', 'user:0003', '\xff'].map((name) =>
        key(name),
      )
      for (const name of expected) await client.put(name, 'v')
      await client.put(key('gone'), 'v', { expiry: { kind: 'at', ms: 1 } })
      const seen = new Set<string>()
      for (let i = 0; i < 2_000 && seen.size < expected.length; i++) {
        const { entries } = await client.expect('page', { kind: 'random-key' })
        assert.equal(entries.length, 1)
        assert.equal(entries[0]!.record.valueEnd - entries[0]!.record.valueStart, 0)
        seen.add(keysOf(entries)[0]!)
      }
      assert.deepEqual([...seen].sort(), expected.toSorted())
      await client.refuse('deadline', { kind: 'random-key' }, { deadline: context.harness.clock.now() - 1 })
    },
  )
}

function queryCases(store: CaseRegister): void {
  const ask = async (context: CaseContext, request: object, range = within(context)) => {
    const query = parseQuery(request)
    if (query instanceof GatewayError) throw new Error(query.detail)
    const { partial } = await context.client.expect('query', { kind: 'query', range, query })
    return queryResult(query, partial)
  }

  store.on(['put', 'delete', 'query'], 'query: rows and groups over JSON records of the range', async (context) => {
    const { client, key } = context
    const json = { contentType: 'application/json' }
    for (let i = 0; i < 60; i++) {
      await client.put(
        key(`${i}`.padStart(2, '0')),
        JSON.stringify({ n: i, parity: i % 2 === 0 ? 'even' : 'odd' }),
        json,
      )
    }
    await client.put(key('text'), '{"n":1000}')
    await client.put(key('broken'), '{"n":', json)
    await client.delete(key('00'))
    const rows = { where: { n: { $gte: 50 } }, orderBy: [{ field: 'n', order: 'desc' }], select: ['n'], limit: 3 }
    assert.deepEqual(await ask(context, rows), { rows: [{ n: 59 }, { n: 58 }, { n: 57 }] })
    const groups = { groupBy: ['parity'], aggregate: { all: { count: '*' }, total: { sum: 'n' } } }
    assert.deepEqual(await ask(context, groups), {
      groups: [
        { group: { parity: 'even' }, values: { all: 29, total: 870 } },
        { group: { parity: 'odd' }, values: { all: 30, total: 900 } },
      ],
    })
    const few = {
      lower: { key: bytes(key('10')), inclusive: true },
      upper: { key: bytes(key('20')), inclusive: false },
    }
    assert.deepEqual(await ask(context, { aggregate: { all: { count: '*' } } }, few), {
      groups: [{ group: {}, values: { all: 10 } }],
    })
  })

  const body = (kind: 'scan' | 'count' | 'query', context: CaseContext): RangeBody => {
    const query = parseQuery({ aggregate: { all: { count: '*' } } })
    if (query instanceof GatewayError) throw new Error(query.detail)
    if (kind === 'scan') return scanOf(within(context))
    return kind === 'count' ? { kind, range: within(context) } : { kind, range: within(context), query }
  }
  for (const kind of ['scan', 'count', 'query'] as const) {
    store.on(
      ['put', kind],
      `${kind}: past its deadline, or when nobody waits any more, it ends with an error`,
      async (context) => {
        const { client, harness, key } = context
        for (let i = 0; i < 50; i++) await client.put(key(`${i}`), 'v')
        await client.refuse('deadline', body(kind, context), { deadline: harness.clock.now() - 1 })
        await client.refuse('abandoned', body(kind, context), { origin: { gone: true } })
      },
    )
  }
}

import assert from 'node:assert/strict'
import type { BatchBody } from '../../../src/operation/body.ts'
import type { Idempotency } from '../../../src/operation/operation.ts'
import type { CaseContext, CaseRegister, StoreHarness } from './store-case.ts'
import { bytes, putBody } from './store-client.ts'

let scopes = 0

/** A scope nobody else uses; another `request` under it is another fingerprint. */
function stamp(scope: number, request = 'request'): { readonly idempotency: Idempotency } {
  const bytesOf = (text: string): Buffer => bytes(text.padEnd(16, '.').slice(0, 16))
  return { idempotency: { scope: bytesOf(`scope ${scope}`), fingerprint: bytesOf(request) } }
}

export function idempotencyCases(store: CaseRegister): void {
  const on = (name: string, run: (context: CaseContext) => Promise<void>): void =>
    store.on(['put', 'get', 'delete', 'modify', 'batch'], `idempotency: ${name}`, async (context) => {
      if (context.harness.idempotency !== undefined) await run(context)
    })

  on('a repeat gets the first answer and changes nothing', async ({ client, key }) => {
    const once = stamp(++scopes)
    const first = await client.expect('written', putBody(key(), 'one'), once)
    await client.put(key(), 'in between')
    const again = await client.expect('written', putBody(key(), 'one'), once)
    assert.deepEqual([first.replayed, again.replayed], [false, true])
    assert.deepEqual([again.status, again.version, again.bucket], ['created', first.version, first.bucket])
    assert.equal(await client.get(key()), 'in between')
  })

  on('deletes and modifications happen once', async ({ client, key }) => {
    await client.put(key(), 'v')
    const once = stamp(++scopes)
    const body = { kind: 'delete', key: bytes(key()) } as const
    assert.equal((await client.expect('written', body, once)).status, 'deleted')
    await client.put(key(), 'new')
    const again = await client.expect('written', body, once)
    assert.deepEqual([again.status, again.replayed], ['deleted', true])
    assert.equal(await client.get(key()), 'new')
    const count = { kind: 'modify', key: bytes(key('n')), change: { name: 'increment', by: 1n } } as const
    const counting = stamp(++scopes)
    for (let i = 0; i < 3; i++) await client.expect('written', count, counting)
    assert.equal(await client.get(key('n')), '1')
  })

  on('another request under the same key is a mismatch', async ({ client, key }) => {
    const scope = ++scopes
    await client.expect('written', putBody(key(), 'one'), stamp(scope))
    const error = await client.refuse('idempotency-mismatch', putBody(key(), 'two'), stamp(scope, 'other'))
    assert.equal(error.outcome, 'not-applied')
    assert.equal(await client.get(key()), 'one')
  })

  on('two at the same time are applied once', async ({ client, key }) => {
    const once = stamp(++scopes)
    const count = { kind: 'modify', key: bytes(key()), change: { name: 'increment', by: 1n } } as const
    const answers = await Promise.all(Array.from({ length: 5 }, () => client.ask(count, once)))
    const fresh = answers.filter((answer) => 'kind' in answer && !(answer as { replayed?: boolean }).replayed)
    assert.equal(fresh.length, 1)
    for (const answer of answers) {
      if ('code' in answer) assert.deepEqual([answer.code, answer.spec.retryable], ['in-progress', true])
    }
    assert.equal(await client.get(key()), '1')
    assert.equal((await client.expect('written', count, once)).replayed, true)
  })

  on('a refused write is not remembered', async ({ client, key }) => {
    const once = stamp(++scopes)
    const body = putBody(key(), 'v', { condition: { ifMatch: '*' } })
    await client.refuse('precondition-failed', body, once)
    await client.put(key(), 'there')
    assert.equal((await client.expect('written', body, once)).status, 'replaced')
  })

  on('a batch is repeated as a whole, its reads from what is there now', async ({ client, key }) => {
    const once = stamp(++scopes)
    const operations: BatchBody['operations'] = [
      putBody(key('a'), '1'),
      { kind: 'get', key: bytes(key('a')), projection: 'value' },
      { kind: 'modify', key: bytes(key('n')), change: { name: 'increment', by: 1n } },
    ]
    for (const [round, atomic] of [true, true, false].entries()) {
      const scope = round < 2 ? once : stamp(++scopes)
      const body: BatchBody = { kind: 'batch', operations, atomic, abortOnFailure: atomic }
      const reply = await client.expect('batch', body, scope)
      assert.equal(reply.replayed, round === 1)
      assert.equal(reply.results.length, 3)
      assert.equal(reply.results[0]!.constructor, Object)
    }
    assert.equal(await client.get(key('n')), '2')
  })

  on('outcomes end after their time, and make room for others', outcomesEnd)

  on('outcomes survive a restart', async ({ client, key, harness }) => {
    if (harness.restart === undefined) return
    const once = stamp(++scopes)
    const first = await client.expect('written', putBody(key(), 'one'), once)
    await client.put(key(), 'two')
    await harness.restart()
    const again = await client.expect('written', putBody(key(), 'one'), once)
    assert.deepEqual([again.replayed, again.version], [true, first.version])
    assert.equal(await client.get(key()), 'two')
  })
}

async function outcomesEnd({ client, key, harness }: CaseContext): Promise<void> {
  const { ttlMs, maxEntries } = harness.idempotency!
  await settled(harness, ttlMs)
  const first = scopes + 1
  for (let i = 0; i < maxEntries; i++) await client.expect('written', putBody(key(), `${i}`), stamp(++scopes))
  const error = await client.refuse('overloaded', putBody(key(), 'too many'), stamp(++scopes))
  assert.deepEqual([error.reason, error.outcome], ['idempotency-full', 'not-applied'])
  assert.equal((await client.expect('written', putBody(key(), '0'), stamp(first))).replayed, true, 'repeats still work')
  await client.put(key(), 'without a key')
  await harness.elapse(ttlMs - 1_000)
  assert.equal((await client.expect('written', putBody(key(), '0'), stamp(first))).replayed, true)
  await settled(harness, 2_000)
  assert.equal((await client.expect('written', putBody(key(), '0'), stamp(first))).replayed, false)
  for (let i = 1; i < maxEntries; i++) await client.expect('written', putBody(key(), `${i}`), stamp(++scopes))
  await client.refuse('overloaded', putBody(key(), 'too many'), stamp(++scopes))
  await settled(harness, ttlMs + 1)
}

/** Long enough for the time to pass and for what ended then to be swept. */
async function settled(harness: StoreHarness, ms: number): Promise<void> {
  await harness.elapse(ms)
  await harness.elapse(2_000)
}

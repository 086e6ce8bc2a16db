import assert from 'node:assert/strict'
import type { LeaseInfo } from '../../../src/operation/reply.ts'
import type { CaseContext, CaseRegister } from './store-case.ts'
import { bytes, putBody, type StoreClient } from './store-client.ts'

const steps = ['lease-grant', 'lease-keepalive', 'lease-get', 'lease-list', 'lease-attach', 'lease-close'] as const
const kinds = [...steps, 'lease-drop', 'lease-forget', 'put', 'get'] as const
const ttlMs = 10_000

let ids = 2 ** 52

const grant = async (client: StoreClient, id = ++ids): Promise<number> => {
  await client.expect('leases', { kind: 'lease-grant', id, ttlMs })
  return id
}

async function leaseOf(client: StoreClient, id: number): Promise<LeaseInfo> {
  const { leases } = await client.expect('leases', { kind: 'lease-get', id })
  assert.equal(leases.length, 1)
  return leases[0]!
}

const namesOf = ({ keys }: LeaseInfo): string[] => keys.map((key) => Buffer.from(key).toString('latin1')).sort()

/** A put with a lease, as the gateway does it: attach first, then write. */
async function leasedPut(client: StoreClient, id: number, key: string, value = 'v'): Promise<void> {
  await client.expect('leases', { kind: 'lease-attach', id, key: bytes(key) })
  await client.put(key, value, { lease: id })
}

/** All steps of a revocation. */
async function revoke(client: StoreClient, id: number): Promise<number> {
  const { leases } = await client.expect('leases', { kind: 'lease-close', id })
  const { count } = await client.expect('count', { kind: 'lease-drop', id, keys: leases[0]!.keys })
  await client.expect('leases', { kind: 'lease-forget', id })
  return count
}

export function leaseCases(store: CaseRegister): void {
  const on = (name: string, run: (context: CaseContext) => Promise<void>): void =>
    store.on(kinds, `leases: ${name}`, run)

  on('grant, time to live, keep alive, list', async ({ client, harness }) => {
    const id = ++ids
    const { leases } = await client.expect('leases', { kind: 'lease-grant', id, ttlMs })
    assert.deepEqual(leases, [{ id, grantedTtlMs: ttlMs, remainingMs: ttlMs, keys: [] }])
    await harness.elapse(4_000)
    assert.ok((await leaseOf(client, id)).remainingMs <= 6_000)
    await client.expect('leases', { kind: 'lease-keepalive', id })
    const { remainingMs, grantedTtlMs } = await leaseOf(client, id)
    assert.ok(remainingMs > 9_000 && remainingMs <= ttlMs)
    assert.equal(grantedTtlMs, ttlMs)
    const listed = await client.expect('leases', { kind: 'lease-list', after: 0, limit: 1_000 })
    assert.ok(listed.leases.some((lease) => lease.id === id))
    await revoke(client, id)
    const after = await client.expect('leases', { kind: 'lease-list', after: 0, limit: 1_000 })
    assert.ok(!after.leases.some((lease) => lease.id === id))
  })

  on('a list begins behind an id, ends with its limit, and says whether there is more', async ({ client }) => {
    const granted = [await grant(client), await grant(client), await grant(client)]
    const after = granted[0]! - 1
    const page = await client.expect('leases', { kind: 'lease-list', after, limit: 2 })
    const idsOf = ({ leases }: typeof page): number[] => leases.map(({ id }) => id)
    assert.deepEqual([idsOf(page), page.more], [granted.slice(0, 2), true])
    const rest = await client.expect('leases', { kind: 'lease-list', after: granted[1]!, limit: 1_000 })
    assert.deepEqual([idsOf(rest), rest.more], [granted.slice(2), false])
    for (const id of granted) await revoke(client, id)
  })

  on('a lease that is not there', async ({ client, key }) => {
    const id = ++ids
    for (const kind of ['lease-keepalive', 'lease-get', 'lease-close'] as const) {
      assert.equal((await client.refuse('lease-not-found', { kind, id })).outcome, 'not-applied')
    }
    await client.refuse('lease-not-found', { kind: 'lease-attach', id, key: bytes(key()) })
    assert.deepEqual((await client.expect('leases', { kind: 'lease-forget', id })).leases, [])
  })

  on('granting twice, as a repeated request does, changes nothing', async ({ client, key }) => {
    const id = await grant(client)
    await leasedPut(client, id, key())
    await grant(client, id)
    assert.deepEqual(namesOf(await leaseOf(client, id)), [key()])
    await client.expect('leases', { kind: 'lease-close', id })
    await client.refuse('lease-not-found', { kind: 'lease-grant', id, ttlMs })
    await revoke(client, id)
  })

  on('attached keys go with it, others and re-attached ones stay', async ({ client, key }) => {
    const [id, other] = [await grant(client), await grant(client)]
    for (const name of ['a', 'b', 'moved', 'freed']) await leasedPut(client, id, key(name))
    await client.put(key('free'), 'v')
    await leasedPut(client, other, key('moved'))
    await client.put(key('freed'), 'v')
    assert.equal((await client.record(key('a')))!.lease, id)
    assert.equal((await client.record(key('moved')))!.lease, other)
    assert.equal((await client.record(key('freed')))!.lease, 0)
    assert.deepEqual(namesOf(await leaseOf(client, other)), [key('moved')])
    assert.equal(await revoke(client, id), 2)
    for (const name of ['a', 'b']) assert.equal(await client.record(key(name)), undefined)
    for (const name of ['moved', 'freed', 'free']) assert.equal(await client.get(key(name)), 'v')
    assert.equal(await revoke(client, other), 1)
  })

  on('a modification keeps the lease', async ({ client, key }) => {
    if (!store.capabilities.bodies.has('modify')) return
    const id = await grant(client)
    await leasedPut(client, id, key(), '1')
    await client.modify(key(), { name: 'increment', by: 1n })
    await client.modify(key(), { name: 'expire', expiry: { kind: 'after', ms: 60_000 } })
    assert.equal((await client.record(key()))!.lease, id)
    assert.equal(await revoke(client, id), 1)
  })

  on('a lease that is being revoked takes no keys, and its end is a tombstone', async ({ client, key }) => {
    const id = await grant(client)
    await leasedPut(client, id, key())
    const closed = await client.expect('leases', { kind: 'lease-close', id })
    assert.deepEqual(namesOf(closed.leases[0]!), [key()])
    await client.refuse('lease-not-found', { kind: 'lease-attach', id, key: bytes(key('late')) })
    await client.refuse('lease-not-found', { kind: 'lease-keepalive', id })
    await client.refuse('lease-not-found', { kind: 'lease-get', id })
    const again = await client.expect('leases', { kind: 'lease-close', id })
    assert.deepEqual(namesOf(again.leases[0]!), [key()], 'an interrupted revocation can be taken up')
    const drop = { kind: 'lease-drop', id, keys: [bytes(key()), bytes(key()), bytes(key('absent'))] } as const
    assert.equal((await client.expect('count', drop)).count, 1)
    assert.equal((await client.expect('count', drop)).count, 0)
    await client.refuse('lease-not-found', putBody(key('late'), 'v', { lease: id }))
    assert.equal(await client.record(key('late')), undefined)
    await client.expect('leases', { kind: 'lease-forget', id })
    await client.refuse('lease-not-found', putBody(key('late'), 'v', { lease: id }))
    await client.refuse('lease-not-found', { kind: 'lease-close', id })
  })

  on('a tombstone refuses late puts in batches too', async ({ client, key }) => {
    if (!store.capabilities.bodies.has('batch')) return
    const id = await grant(client)
    await revoke(client, id)
    const operations = [putBody(key('a'), 'v'), putBody(key('b'), 'v', { lease: id })]
    await client.refuse('lease-not-found', { kind: 'batch', operations, atomic: true, abortOnFailure: true })
    assert.equal(await client.record(key('a')), undefined)
  })

  on('past its time it is gone for everyone, until it is revoked', async ({ client, key, harness }) => {
    const id = await grant(client)
    await leasedPut(client, id, key())
    await harness.elapse(ttlMs + 1)
    await client.refuse('lease-not-found', { kind: 'lease-keepalive', id })
    await client.refuse('lease-not-found', { kind: 'lease-attach', id, key: bytes(key('late')) })
    assert.equal(await revoke(client, id), 1)
    assert.equal(await client.record(key()), undefined)
  })

  on('leases, attachments and tombstones survive a restart; the full time starts again', async (context) => {
    const { client, key, harness } = context
    if (harness.restart === undefined) return
    const [open, closed, ended] = [await grant(client), await grant(client), await grant(client)]
    await leasedPut(client, open, key('open'))
    await leasedPut(client, closed, key('closed'))
    await client.expect('leases', { kind: 'lease-close', id: closed })
    await revoke(client, ended)
    await harness.elapse(ttlMs - 1_000)
    await harness.restart()
    const lease = await leaseOf(client, open)
    assert.deepEqual([lease.remainingMs > 9_000, lease.grantedTtlMs, namesOf(lease)], [true, ttlMs, [key('open')]])
    await client.refuse('lease-not-found', { kind: 'lease-get', id: closed })
    await client.refuse('lease-not-found', putBody(key('late'), 'v', { lease: ended }))
    assert.equal(await revoke(client, closed), 1)
    assert.equal(await revoke(client, open), 1)
  })
}

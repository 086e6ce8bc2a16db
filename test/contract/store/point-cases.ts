import assert from 'node:assert/strict'
import { clearExpiry } from '../../../src/operation/body.ts'
import { bucketOf } from '../../../src/operation/bucket.ts'
import { etagOf, sameVersion } from '../../../src/operation/record.ts'
import type { CaseRegister } from './store-case.ts'
import { bytes, putBody, textOf } from './store-client.ts'

/** Values around every size at which stores and codecs change their ways. */
const sizes = [0, 1, 15, 16, 63, 64, 255, 256, 257, 4095, 4096, 65_535, 65_536, 300_000]

export function pointCases(store: CaseRegister): void {
  store.on(['get'], 'get: an absent record is undefined', async ({ client, key }) => {
    assert.equal(await client.record(key()), undefined)
  })

  store.on(['put', 'get'], 'put: created, then replaced, each under a new version', async ({ client, key }) => {
    const first = await client.put(key(), 'one')
    const second = await client.put(key(), 'two', { contentType: 'application/json' })
    assert.equal(first.status, 'created')
    assert.equal(second.status, 'replaced')
    assert.equal(first.bucket, bucketOf(bytes(key())))
    assert.notEqual(etagOf(first.version!), etagOf(second.version!))
    const record = await client.record(key())
    assert.equal(textOf(record), 'two')
    assert.equal(record!.contentType, 'application/json')
    assert.equal(record!.bucket, bucketOf(bytes(key())))
    assert.equal(record!.expiresAtMs, 0)
    assert.equal(record!.lease, 0)
    assert.ok(sameVersion(record!, second.version!))
    assert.equal(first.previous, undefined)
    assert.equal(first.replayed, false)
  })

  store.on(
    ['put', 'get'],
    'put: values of every size and byte come back as they went in',
    async ({ client, key, harness }) => {
      for (const size of sizes.filter((each) => each <= harness.maxValueBytes)) {
        const value = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + size) & 0xff))
        await client.expect('written', { ...putBody(key(`${size}`), ''), value })
        const record = await client.record(key(`${size}`))
        assert.ok(
          Buffer.from(record!.bytes.subarray(record!.valueStart, record!.valueEnd)).equals(value),
          `${size} bytes`,
        )
      }
    },
  )

  store.on(
    ['put', 'get'],
    'put: content types known and unknown, and keys of 1 to 1,024 bytes',
    async ({ client, key, prefix }) => {
      for (const contentType of ['application/octet-stream', 'text/html; charset=iso-8859-1', `x/${'y'.repeat(253)}`]) {
        await client.put(key(), 'v', { contentType })
        assert.equal((await client.record(key()))!.contentType, contentType)
      }
      const long = prefix + 'k'.repeat(1024 - prefix.length)
      await client.put(long, 'long')
      assert.equal(await client.get(long), 'long')
      const binary = `${prefix}\x00\xff\x80 \r\n{}`
      await client.put(binary, 'binary')
      assert.equal(await client.get(binary), 'binary')
      await client.put('\x01', 'short')
      assert.equal(await client.get('\x01'), 'short')
      await client.ask({ kind: 'delete', key: bytes('\x01') })
    },
  )

  store.on(['put', 'get'], 'get: `meta` may leave the value out, nothing else', async ({ client, key }) => {
    const { version } = await client.put(key(), 'value', { contentType: 'text/plain;charset=utf-8' })
    const record = await client.record(key(), 'meta')
    assert.ok(sameVersion(record!, version!))
    assert.equal(record!.contentType, 'text/plain;charset=utf-8')
  })

  store.on(['put', 'get'], 'put: blind does not look, and writes all the same', async ({ client, key }) => {
    const blind = { blind: true, expiry: clearExpiry } as const
    const first = await client.put(key(), 'one', blind)
    assert.ok(first.status === 'replaced' || first.status === 'created', 'it may have looked all the same')
    assert.ok(first.version !== undefined)
    await client.put(key(), 'two', blind)
    assert.equal(await client.get(key()), 'two')
    assert.ok(!sameVersion(first.version, await client.version(key())))
  })

  store.on(['put'], 'put: previous is what was there, and may be kept', async ({ client, key }) => {
    const ask = { returnPrevious: true } as const
    assert.equal((await client.put(key(), 'one', ask)).previous, undefined)
    const { previous } = await client.put(key(), 'two', { ...ask, contentType: 'application/json' })
    const again = await client.put(key(), 'three', { ...ask, blind: true, expiry: clearExpiry })
    for (let i = 0; i < 50; i++) await client.put(key(), `later ${i}`)
    assert.equal(textOf(previous), 'one')
    assert.equal(previous!.contentType, 'text/plain')
    assert.equal(textOf(again.previous), 'two')
    assert.equal(again.previous!.contentType, 'application/json')
  })

  store.on(['put', 'delete', 'get'], 'delete: deleted, then absent; previous if asked for', async ({ client, key }) => {
    await client.put(key(), 'one')
    const first = await client.delete(key(), { returnPrevious: true })
    assert.equal(first.status, 'deleted')
    assert.equal(first.version, undefined)
    assert.equal(textOf(first.previous), 'one')
    assert.equal(await client.record(key()), undefined)
    const second = await client.delete(key(), { returnPrevious: true })
    assert.equal(second.status, 'absent')
    assert.equal(second.previous, undefined)
    assert.equal((await client.put(key(), 'two')).status, 'created')
  })

  store.on(
    ['put', 'delete', 'get'],
    'versions are never used again, also not after deletes',
    async ({ client, key }) => {
      const seen = new Set<string>()
      for (let i = 0; i < 60; i++) {
        const { version } = await client.put(key(`${i % 3}`), 'v')
        seen.add(etagOf(version!))
        if (i % 4 === 0) await client.delete(key(`${i % 3}`))
      }
      assert.equal(seen.size, 60)
    },
  )
}

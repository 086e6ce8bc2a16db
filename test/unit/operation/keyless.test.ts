import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketCount, bucketOf } from '../../../src/operation/bucket.ts'
import { KeylessIds } from '../../../src/operation/keyless.ts'
import { seededRandom } from '../../../src/runtime/random.ts'

const secret = Buffer.alloc(32, 7)

test('a made key lies in the bucket it names, and buckets are drawn evenly', () => {
  const ids = new KeylessIds(seededRandom(42), secret)
  const seen = new Map<number, number>()
  const keys = new Set<string>()
  for (let i = 0; i < 20_000; i++) {
    const key = ids.create()
    const match = /^\{(\d+)\.[0-9a-z]+\}[A-Za-z0-9_-]{22}$/.exec(key.toString())
    assert.ok(match, key.toString())
    assert.equal(bucketOf(key), Number(match[1]))
    seen.set(bucketOf(key), (seen.get(bucketOf(key)) ?? 0) + 1)
    keys.add(key.toString())
  }
  assert.equal(keys.size, 20_000)
  assert.equal(seen.size, bucketCount)
  assert.ok(Math.max(...seen.values()) < 60, 'no bucket is preferred')
})

test('a repeatable request always gets the same key, another scope another one', () => {
  const scope = Buffer.alloc(16, 1)
  const key = new KeylessIds(seededRandom(1), secret).createFor(scope)
  assert.deepEqual(new KeylessIds(seededRandom(2), secret).createFor(scope), key)
  assert.notDeepEqual(new KeylessIds(seededRandom(1), secret).createFor(Buffer.alloc(16, 2)), key)
  assert.notDeepEqual(new KeylessIds(seededRandom(1), Buffer.alloc(32, 8)).createFor(scope), key)
  assert.equal(bucketOf(key), Number(/\d+/.exec(key.toString())![0]))
})

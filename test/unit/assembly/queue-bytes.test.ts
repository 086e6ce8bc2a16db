import assert from 'node:assert/strict'
import { test } from 'node:test'
import { queueBytesOf } from '../../../src/assembly/queue-bytes.ts'
import { bytesOfBody } from '../../../src/operation/copy-body.ts'
import { bytesOf, putOf } from '../../support/operations.ts'

const MiB = 1024 * 1024
const limits = { maxRequestBytes: 16 * MiB, maxBatchOps: 1_000 }

test("the memory of waiting requests is the node's, divided by its shards", () => {
  assert.deepEqual(
    [1, 2, 3].map((shards) => queueBytesOf(limits, shards)),
    [64 * MiB, 32 * MiB, Math.ceil((64 * MiB) / 3)],
  )
})

test('the largest request that is let in can wait, however many shards there are', () => {
  const size = Math.floor(limits.maxRequestBytes / limits.maxBatchOps)
  const put = { ...putOf('k'.repeat(100)), value: bytesOf('v'.repeat(size - 100)) }
  const operations = Array.from({ length: limits.maxBatchOps }, () => put)
  const bytes = bytesOfBody({ kind: 'batch', operations, atomic: false, abortOnFailure: false })
  assert.ok(bytes <= queueBytesOf(limits, 64), `${bytes}`)
})

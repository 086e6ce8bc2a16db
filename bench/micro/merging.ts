import { Ordered } from '../../src/execution/merge/ordered.ts'
import type { ScanBody } from '../../src/operation/body.ts'
import type { PageReply, ScanEntry } from '../../src/operation/reply.ts'
import { keyOf } from '../data/records.ts'
import type { Micro } from './micro.ts'

const shards = 4
const each = 100
const value = Buffer.alloc(128, 'x')

/** Pages of four shards into one page in key order. */
export function merging(): Micro {
  const pages = Array.from({ length: shards }, (_, shard) => pageOf(shard))
  const limit = shards * each
  const body: ScanBody = { kind: 'scan', range: {}, order: 'asc', limit, maxBytes: 2 ** 23, values: true }
  return {
    name: 'merging',
    unit: `${shards} pages of ${each} records`,
    run: (times) => {
      let merged = 0
      for (let i = 0; i < times; i++) merged += mergeOnce(body, pages)
      return merged
    },
  }
}

function mergeOnce(body: ScanBody, pages: readonly PageReply[]): number {
  const merge = new Ordered(shards, body)
  for (let step = merge.next(); step !== undefined; step = merge.next()) merge.take(step, pages[step]!)
  return merge.finish([], []).entries.length
}

/** Every fourth key, as a hash spreads them on average. */
function pageOf(shard: number): PageReply {
  const record = {
    ...{ bytes: value, valueStart: 0, valueEnd: value.length, bucket: 1, epoch: 1, index: 1, sub: 0 },
    ...{ expiresAtMs: 0, lease: 0, contentType: 'application/octet-stream' },
  }
  const entries = Array.from(
    { length: each },
    (_, i): ScanEntry => ({ key: Buffer.from(keyOf(i * shards + shard)), record, size: value.length }),
  )
  return { kind: 'page', entries, more: false, positions: [] }
}

import { z } from 'zod'
import { bucketCount } from '../../operation/bucket.ts'

/** The keys of coordination, and the codecs of the records under them. */
export const clusterKeys = {
  map: 'map',
  epoch: 'epoch',
  controller: 'controller',
  cursorSecret: 'secrets/cursor',
  shards: 'shards/',
  nodes: 'nodes/',
  stores: 'stores/',
  operations: 'operations/',
  shard: (id: number) => `shards/${id}`,
  node: (id: string) => `nodes/${id}`,
  store: (node: string) => `stores/${node}`,
  operation: (id: string) => `operations/${id}`,
} as const

const shardId = z.number().int().min(1)
const epoch = z.number().int().min(1)
const index = z.number().int().min(0)
const history = z.number().int().min(0)
const bucket = z.number().int().min(1).max(bucketCount)
const nodeId = z.string().regex(/^[A-Za-z0-9._-]{1,63}$/)

/** A replica is a node together with the identity of its disk; null until disks are identified (rule R3). */
const member = z.strictObject({ node: nodeId, disk: z.string().min(1).nullable() })

/** Where a shard came from: entries of the parent count up to the cut (rule R11). */
const parent = z.strictObject({ shard: shardId, history, epoch, index })

const shardRecord = z.strictObject({
  id: shardId,
  epoch,
  history,
  leader: nodeId.nullable(),
  inSync: z.array(member),
  learners: z.array(member),
  parents: z.array(parent),
})

const bucketRange = z.strictObject({ first: bucket, last: bucket, shard: shardId })

const clusterMap = z
  .strictObject({
    format: z.literal(1),
    cluster: z.string().min(1),
    clusterId: z.string().regex(/^[0-9a-f]{32}$/),
    ranges: z.array(bucketRange).min(1),
  })
  .refine((map) => coversAll(map.ranges), 'the ranges must cover every bucket once, in order')

const nodeRecord = z.strictObject({
  id: nodeId,
  grade: z.number().int().min(1).max(5),
  disk: z.string().min(1).nullable(),
  /** `host:port` by listener name. */
  addresses: z.record(z.string(), z.string()),
  version: z.string(),
})

/** What a node keeps its shards in. */
const storeRecord = z.strictObject({
  engine: z.enum(['lmdb', 'rocksdb', 'memory']),
  durability: z.enum(['group', 'os']),
})

/** A running or finished operation on the topology; each kind adds its own steps. */
const operationRecord = z.strictObject({
  id: z.string().min(1),
  kind: z.enum(['switch', 'failover', 'split', 'merge']),
  shards: z.array(shardId),
  step: z.string().min(1),
  startedBy: nodeId,
})

const controllerRecord = z.strictObject({ node: nodeId })

export type ShardRecord = z.infer<typeof shardRecord>
export type BucketRange = z.infer<typeof bucketRange>
export type ClusterMap = z.infer<typeof clusterMap>

export type StoreRecord = z.infer<typeof storeRecord>
export type EngineName = StoreRecord['engine']

export interface RecordCodec<T> {
  encode(record: T): Uint8Array
  /** @throws InvalidRecord if the bytes are not such a record; nothing may be decided from them. */
  decode(bytes: Uint8Array): T
}

export class InvalidRecord extends Error {
  constructor(what: string, detail: string) {
    super(`coordination holds an invalid ${what}: ${detail}`)
    this.name = 'InvalidRecord'
  }
}

export const shardCodec = jsonCodec('shard record', shardRecord)
export const mapCodec = jsonCodec('map', clusterMap)
export const nodeCodec = jsonCodec('node record', nodeRecord)
export const storeCodec = jsonCodec('store record', storeRecord)
export const operationCodec = jsonCodec('operation record', operationRecord)
export const controllerCodec = jsonCodec('controller record', controllerRecord)
export const epochCodec = jsonCodec('epoch', epoch)

function jsonCodec<T>(what: string, schema: z.ZodType<T>): RecordCodec<T> {
  return {
    encode: (record) => Buffer.from(JSON.stringify(record)),
    decode(bytes) {
      const result = schema.safeParse(parseJson(what, bytes))
      if (!result.success) throw new InvalidRecord(what, z.prettifyError(result.error))
      return result.data
    },
  }
}

function parseJson(what: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    throw new InvalidRecord(what, 'not JSON')
  }
}

function coversAll(ranges: readonly BucketRange[]): boolean {
  let next = 1
  for (const range of ranges) {
    if (range.first !== next || range.last < range.first) return false
    next = range.last + 1
  }
  return next === bucketCount + 1
}

/** Buckets 1..1000 in `shards` ranges whose sizes differ by at most one. */
export function evenRanges(shards: number): BucketRange[] {
  return Array.from({ length: shards }, (_, i) => ({
    first: 1 + Math.floor((i * bucketCount) / shards),
    last: Math.floor(((i + 1) * bucketCount) / shards),
    shard: i + 1,
  }))
}

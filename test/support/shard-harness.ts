import { GatewayError } from '../../src/errors.ts'
import type { Body } from '../../src/operation/body.ts'
import type { Operation } from '../../src/operation/operation.ts'
import { QueryMemory } from '../../src/operation/query/query-memory.ts'
import type { BatchReply, Reply } from '../../src/operation/reply.ts'
import { Roles } from '../../src/operation/roles.ts'
import type { Disk } from '../../src/runtime/disk.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import type { Engine } from '../../src/stores/embedded/engine/engine.ts'
import { type OpenShard, openShard } from '../../src/stores/embedded/open-shard.ts'
import { SliceScheduler } from '../../src/stores/embedded/range/slices.ts'
import type { DecodedRecord } from '../../src/stores/embedded/record-codec.ts'
import { ReplyMemory } from '../../src/stores/embedded/reply-memory.ts'
import type { ShardSettings } from '../../src/stores/embedded/shard-settings.ts'

export const shardSettings: ShardSettings = {
  shard: 1,
  history: 1,
  epoch: 1,
  engine: 'lmdb',
  durability: 'group',
  dataDirectory: '/data',
  segmentBytes: 1 << 20,
  backlogBytes: 64 << 20,
  maxValueBytes: 1 << 20,
  mergeBudgetBytes: 8 << 20,
  idempotencyTtlMs: 60_000,
  idempotencyEntries: 1000,
  maxLeases: 100,
}

const client = { name: 'test', roles: new Roles(['read', 'write']) }

/** An operation with harmless defaults. */
export function operationOf(body: Body, extra: Partial<Operation> = {}): Operation {
  return {
    body,
    client,
    origin: { gone: false },
    consistency: 'default',
    maxStalenessMs: 0,
    token: undefined,
    arrivedAt: 0,
    deadline: Number.POSITIVE_INFINITY,
    priority: 'normal',
    idempotency: undefined,
    partial: false,
    tag: 0,
    ...extra,
  }
}

/** A reply is valid only during its call: what a test keeps is a copy. */
function kept(reply: Reply): Reply {
  if (reply.kind === 'record')
    return { ...reply, record: (reply.record as DecodedRecord | undefined)?.copy?.() ?? reply.record }
  return { ...reply }
}

/** Asks an open shard, as the gateway would. */
export class ShardClient {
  readonly open: OpenShard

  constructor(open: OpenShard) {
    this.open = open
  }

  static async open(
    runtime: Runtime,
    disk: Disk,
    engine: Engine,
    settings: Partial<ShardSettings> = {},
  ): Promise<ShardClient> {
    const surroundings = {
      runtime,
      disk,
      slices: new SliceScheduler(runtime),
      queries: new QueryMemory(runtime, 1 << 30),
      replies: new ReplyMemory(64 << 20),
    }
    return new ShardClient(await openShard(surroundings, engine, { ...shardSettings, ...settings }))
  }

  ask(body: Body, extra: Partial<Operation> = {}): Promise<Reply | GatewayError> {
    return new Promise((resolve) => {
      this.open.shard.dispatch(body, operationOf(body, extra), {
        onReply: (_, reply) => resolve(kept(reply)),
        onError: (_, error) => resolve(error),
      })
    })
  }

  put(key: string, value: string, extra: Partial<Extract<Body, { kind: 'put' }>> = {}): Promise<Reply | GatewayError> {
    return this.ask(putBody(key, value, extra))
  }

  async get(key: string): Promise<string | undefined> {
    const reply = await this.ask({ kind: 'get', key: Buffer.from(key), projection: 'value' })
    if (reply instanceof GatewayError || reply.kind !== 'record')
      throw new Error(`unexpected answer ${JSON.stringify(reply)}`)
    const { record } = reply
    return record === undefined
      ? undefined
      : Buffer.from(record.bytes.subarray(record.valueStart, record.valueEnd)).toString()
  }

  async keys(): Promise<string[]> {
    const scan = { kind: 'scan', range: {}, order: 'asc', limit: 1_000_000, maxBytes: 1 << 30, values: false } as const
    const reply = await this.ask(scan)
    if (reply instanceof GatewayError || reply.kind !== 'page')
      throw new Error(`unexpected answer ${JSON.stringify(reply)}`)
    return reply.entries.map((entry) => Buffer.from(entry.key).toString())
  }

  async batch(body: Omit<Extract<Body, { kind: 'batch' }>, 'kind'>): Promise<BatchReply | GatewayError> {
    return (await this.ask({ kind: 'batch', ...body })) as BatchReply | GatewayError
  }
}

export function putBody(
  key: string,
  value: string,
  extra: Partial<Extract<Body, { kind: 'put' }>> = {},
): Extract<Body, { kind: 'put' }> {
  return {
    kind: 'put',
    key: Buffer.from(key),
    value: Buffer.from(value),
    contentType: 'text/plain',
    expiry: { kind: 'clear' },
    lease: 0,
    ...extra,
  }
}

import { GatewayError } from '../../src/errors.ts'
import type { Body, KeyRange, PointBody, ScanBody } from '../../src/operation/body.ts'
import { bucketOf } from '../../src/operation/bucket.ts'
import { copyBody } from '../../src/operation/copy-body.ts'
import type { Handler, Operation } from '../../src/operation/operation.ts'
import { createAccumulator } from '../../src/operation/query/accumulator.ts'
import type { RecordView } from '../../src/operation/record.ts'
import type { BatchReply, LeaseInfo, RecordReply, Reply, ScanEntry, WriteReply } from '../../src/operation/reply.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import type { Session } from '../../src/stores/store.ts'

interface Stored {
  readonly key: Buffer
  readonly value: Buffer
  readonly contentType: string
  readonly index: number
  readonly lease: number
}

/** What happens to one request at one shard. Default: it is answered at once. */
export interface Fate {
  /** Answer after this long, by the runtime's clock. */
  readonly delayMs?: number
  /** Answer with this error; `applied`: although the request was carried out. */
  readonly error?: GatewayError
  readonly applied?: boolean
  /** Never answer. */
  readonly silent?: boolean
}

/** Decides, request by request. */
export type Fates = (shard: number, body: Body) => Fate

/** As simple as a store can be: one sorted array a shard, searched from the front. */
export class ArrayStore {
  readonly #shards = new Map<number, ArrayShard>()
  readonly runtime: Runtime
  fates: Fates = () => ({})

  constructor(runtime: Runtime) {
    this.runtime = runtime
  }

  session(shard: number): ArrayShard {
    const known = this.#shards.get(shard)
    if (known !== undefined) return known
    const made = new ArrayShard(shard, this)
    this.#shards.set(shard, made)
    return made
  }

  /** Every key stored, in order. */
  keys(): string[] {
    return [...this.#shards.values()]
      .flatMap((shard) => shard.records.map(({ key }) => key))
      .sort(Buffer.compare)
      .map(String)
  }
}

export class ArrayShard implements Session {
  readonly records: Stored[] = []
  readonly leases = new Map<number, { keys: Buffer[]; closing: boolean }>()
  /** Everything asked, in order. */
  readonly asked: Body[] = []
  writable = true
  queryBudgetBytes = 1_000_000
  readonly #id: number
  readonly #store: ArrayStore
  readonly #listeners: (() => void)[] = []
  #index = 0

  constructor(id: number, store: ArrayStore) {
    this.#id = id
    this.#store = store
  }

  onWritable(listener: () => void): void {
    this.#listeners.push(listener)
  }

  becomeWritable(): void {
    this.writable = true
    for (const listener of this.#listeners) listener()
  }

  dispatch(lent: Body, operation: Operation, handler: Handler): boolean {
    const body = copyBody(lent)
    this.asked.push(body)
    const { delayMs, error, applied = false, silent = false } = this.#store.fates(this.#id, body)
    const run = () => {
      if (error !== undefined) {
        if (applied) this.execute(body)
        return handler.onError(operation, error)
      }
      const reply = this.execute(body)
      if (reply instanceof GatewayError) return handler.onError(operation, reply)
      handler.onReply(operation, reply)
      scribble(reply)
    }
    if (silent) return true
    if (delayMs === undefined) run()
    else this.#store.runtime.timers.after(delayMs, run)
    return true
  }

  execute(body: Body): Reply | GatewayError {
    const { positions } = this
    switch (body.kind) {
      case 'get':
        return this.#get(body.key)
      case 'put':
      case 'delete':
        return this.#write(body)
      case 'get-many':
        return { kind: 'records', records: body.keys.map((key) => viewOf(this.#find(key))), positions }
      case 'delete-many': {
        const deleted = body.keys.filter((key) => this.#remove(key) !== undefined)
        return { kind: 'count', count: deleted.length, positions: this.positions }
      }
      case 'exists-many':
        return { kind: 'count', count: body.keys.filter((key) => this.#find(key) !== undefined).length, positions }
      case 'scan':
        return this.#scan(body)
      case 'count':
        return { kind: 'count', count: this.#inside(body.range).length, positions }
      case 'size':
        return { kind: 'count', count: this.records.length, positions }
      case 'random-key':
        return { kind: 'page', entries: this.records.slice(0, 1).map(entryOf), more: false, positions }
      case 'query': {
        const accumulator = createAccumulator(body.query, this.queryBudgetBytes)
        for (const record of this.#inside(body.range)) {
          if (accumulator.done) break
          const error = accumulator.add(record.key, viewOf(record)!)
          if (error !== undefined) return error
        }
        return { kind: 'query', partial: accumulator.partial(), positions }
      }
      case 'batch':
        return this.#batch(body.operations)
      case 'modify':
        return new GatewayError('internal', 'the array store does not modify')
      default:
        return this.#lease(body)
    }
  }

  get positions() {
    return [{ shard: this.#id, history: 1, epoch: 1, index: this.#index }]
  }

  #get(key: Uint8Array): RecordReply {
    return { kind: 'record', record: viewOf(this.#find(key)), positions: this.positions }
  }

  #write(body: Extract<PointBody, { kind: 'put' | 'delete' }>): WriteReply {
    const before = this.#remove(body.key)
    if (body.kind === 'put') {
      const { value, contentType, lease } = body
      const record = { key: Buffer.from(body.key), value: Buffer.from(value), contentType, index: ++this.#index, lease }
      const place = this.records.findIndex(({ key }) => Buffer.compare(key, body.key) > 0)
      this.records.splice(place < 0 ? this.records.length : place, 0, record)
    }
    const put = body.kind === 'put'
    return {
      kind: 'written',
      status: put ? (before === undefined ? 'created' : 'replaced') : before === undefined ? 'absent' : 'deleted',
      bucket: bucketOf(body.key),
      version: put ? { epoch: 1, index: this.#index, sub: 0 } : undefined,
      previous: undefined,
      integer: undefined,
      value: undefined,
      replayed: false,
      positions: this.positions,
    }
  }

  #batch(operations: readonly PointBody[]): BatchReply {
    const results = operations.map((body) => this.execute(body) as BatchReply['results'][number])
    return { kind: 'batch', results, watchFailed: false, replayed: false, positions: this.positions }
  }

  #scan({ range, order, limit, maxBytes, values }: ScanBody): Reply {
    const inside = this.#inside(range)
    if (order === 'desc') inside.reverse()
    const entries: ScanEntry[] = []
    let bytes = 0
    for (const record of inside.slice(0, limit)) {
      bytes += record.key.length + (values ? record.value.length : 0)
      if (entries.length > 0 && bytes > maxBytes) break
      entries.push(entryOf(values ? record : { ...record, value: Buffer.alloc(0) }))
    }
    return { kind: 'page', entries, more: entries.length < inside.length, positions: this.positions }
  }

  #lease(body: Body): Reply | GatewayError {
    const { positions } = this
    if (body.kind === 'lease-list') {
      const rest = [...this.leases.keys()].filter((id) => id > body.after).sort((a, b) => a - b)
      const leases = rest.slice(0, body.limit).map((id) => this.#leaseInfo(id))
      return { kind: 'leases', leases, more: rest.length > body.limit, positions }
    }
    if (body.kind === 'lease-drop') {
      const attached = body.keys.filter((key) => this.#find(key)?.lease === body.id)
      for (const key of attached) this.#remove(key)
      return { kind: 'count', count: attached.length, positions: this.positions }
    }
    const id = (body as { id: number }).id
    if (body.kind === 'lease-grant') this.leases.set(id, { keys: [], closing: false })
    const lease = this.leases.get(id)
    if (body.kind === 'lease-forget') {
      this.leases.delete(id)
      return { kind: 'leases', leases: [], positions }
    }
    if (lease === undefined || (lease.closing && body.kind !== 'lease-close')) {
      return new GatewayError('lease-not-found', 'no such lease', { outcome: 'not-applied' })
    }
    if (body.kind === 'lease-attach') lease.keys.push(Buffer.from(body.key))
    if (body.kind === 'lease-close') lease.closing = true
    return { kind: 'leases', leases: [this.#leaseInfo(id)], positions }
  }

  #leaseInfo(id: number): LeaseInfo {
    return { id, grantedTtlMs: 1_000, remainingMs: 500, keys: this.leases.get(id)!.keys }
  }

  #find(key: Uint8Array): Stored | undefined {
    return this.records.find((record) => Buffer.compare(record.key, key) === 0)
  }

  #remove(key: Uint8Array): Stored | undefined {
    const place = this.records.findIndex((record) => Buffer.compare(record.key, key) === 0)
    if (place < 0) return undefined
    this.#index++
    return this.records.splice(place, 1)[0]
  }

  #inside({ lower, upper }: KeyRange): Stored[] {
    return this.records.filter(({ key }) => {
      const fromLower = lower === undefined ? 1 : Buffer.compare(key, lower.key)
      const toUpper = upper === undefined ? 1 : Buffer.compare(upper.key, key)
      return (
        (fromLower > 0 || (fromLower === 0 && lower!.inclusive)) && (toUpper > 0 || (toUpper === 0 && upper!.inclusive))
      )
    })
  }
}

function viewOf(record: Stored | undefined): RecordView | undefined {
  if (record === undefined) return undefined
  const { key, value, contentType, index, lease } = record
  const bytes = Buffer.concat([Buffer.from('<'), value, Buffer.from('>')])
  const bucket = bucketOf(key)
  return {
    bytes,
    valueStart: 1,
    valueEnd: bytes.length - 1,
    bucket,
    expiresAtMs: 0,
    lease,
    contentType,
    epoch: 1,
    index,
    sub: 0,
  }
}

function entryOf(record: Stored): ScanEntry {
  return { key: Buffer.from(record.key), record: viewOf(record)!, size: record.value.length }
}

/** What is lent for the length of a call is gone after it. */
function scribble(reply: Reply): void {
  if (reply.kind === 'record') reply.record?.bytes.fill(0x21)
}

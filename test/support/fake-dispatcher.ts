import { GatewayError } from '../../src/errors.ts'
import type { Body, KeyRange, PointBody, PutBody } from '../../src/operation/body.ts'
import { bucketOf } from '../../src/operation/bucket.ts'
import { holds } from '../../src/operation/condition.ts'
import type { Dispatcher, Handler, Operation } from '../../src/operation/operation.ts'
import type { RecordView } from '../../src/operation/record.ts'
import type {
  LeaseInfo,
  LeaseReply,
  MissingShard,
  RecordReply,
  Reply,
  ScanEntry,
  WriteReply,
} from '../../src/operation/reply.ts'
import type { Position } from '../../src/operation/token.ts'

/** A dispatcher over a Map, to test what speaks to a dispatcher. Answers at once unless it is told to hold. */
export class FakeDispatcher implements Dispatcher {
  readonly records = new Map<string, RecordView>()
  /** Every operation that came, as it was when it came. */
  readonly seen: Operation[] = []
  keepsSeen = true
  /** Answers wait for `release`. */
  holding = false
  /** What `dispatch` returns. */
  accepts = true
  /** Instead of an answer, if set: an error, or whatever it returns. */
  answerWith: ((operation: Operation) => GatewayError | Reply | undefined) | undefined
  missing: readonly MissingShard[] | undefined
  positions: Position[] = [{ shard: 1, history: 1, epoch: 1, index: 0 }]
  readonly leases = new Map<number, LeaseInfo>()
  private index = 0
  private readonly held: (() => void)[] = []

  dispatch(operation: Operation, handler: Handler): boolean {
    if (this.keepsSeen) this.seen.push({ ...operation, body: copy(operation.body) })
    const answer = (): void => {
      const result = this.answerWith?.(operation) ?? this.execute(operation.body)
      if (result instanceof GatewayError) handler.onError(operation, result)
      else handler.onReply(operation, result)
    }
    if (this.holding) this.held.push(answer)
    else answer()
    return this.accepts
  }

  get heldCount(): number {
    return this.held.length
  }

  /** Answers one held operation: the first, or the one at this place. */
  release(place = 0): void {
    this.held.splice(place, 1)[0]?.()
  }

  put(key: string, value: string | Buffer, contentType = 'text/plain', extra: Partial<RecordView> = {}): void {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value
    this.store(Buffer.from(key), bytes, contentType)
    const stored = this.records.get(Buffer.from(key).toString('latin1'))!
    this.records.set(Buffer.from(key).toString('latin1'), { ...stored, ...extra })
  }

  execute(body: Body): Reply | GatewayError {
    switch (body.kind) {
      case 'get':
      case 'put':
      case 'delete':
        return this.point(body)
      case 'scan':
        return this.scan(body.range, body.order, body.limit, body.maxBytes, body.values)
      case 'count':
        return { kind: 'count', count: this.keys(body.range).length, positions: this.positions, ...this.absent() }
      case 'batch': {
        const results = body.operations.map((operation) => this.point(operation))
        return { kind: 'batch', results, watchFailed: false, replayed: false, positions: this.positions }
      }
      default:
        return this.lease(body)
    }
  }

  private point(body: PointBody): RecordReply | WriteReply | GatewayError {
    const key = Buffer.from(body.key).toString('latin1')
    const before = this.records.get(key)
    if (body.kind === 'get') return { kind: 'record', record: before, positions: this.positions }
    if (body.kind === 'modify') return new GatewayError('internal', 'not here')
    if (!holds(body.condition, before)) return new GatewayError('precondition-failed', 'no')
    if (body.kind === 'delete') {
      this.records.delete(key)
      return this.written(body.key, before === undefined ? 'absent' : 'deleted', undefined)
    }
    this.store(body.key, body.value, body.contentType, body)
    return this.written(body.key, before === undefined ? 'created' : 'replaced', this.records.get(key))
  }

  private store(key: Uint8Array, value: Uint8Array, contentType: string, put?: PutBody): void {
    this.index++
    this.positions = [{ shard: 1, history: 1, epoch: 1, index: this.index }]
    this.records.set(Buffer.from(key).toString('latin1'), {
      epoch: 1,
      index: this.index,
      sub: 0,
      bytes: Buffer.from(value),
      valueStart: 0,
      valueEnd: value.length,
      bucket: bucketOf(key),
      expiresAtMs: put?.expiry.kind === 'after' ? 1_800_000_000_000 + put.expiry.ms : 0,
      lease: put?.lease ?? 0,
      contentType,
    })
  }

  private written(key: Uint8Array, status: WriteReply['status'], version: RecordView | undefined): WriteReply {
    return {
      kind: 'written',
      status,
      bucket: bucketOf(key),
      version,
      previous: undefined,
      integer: undefined,
      value: undefined,
      replayed: false,
      positions: this.positions,
    }
  }

  private keys({ lower, upper }: KeyRange): string[] {
    const within = (key: string): boolean => {
      const bytes = Buffer.from(key, 'latin1')
      const over = lower === undefined ? 1 : Buffer.compare(bytes, lower.key)
      const under = upper === undefined ? -1 : Buffer.compare(bytes, upper.key)
      return (over > 0 || (over === 0 && lower!.inclusive)) && (under < 0 || (under === 0 && upper!.inclusive))
    }
    return [...this.records.keys()].filter(within).sort()
  }

  private scan(range: KeyRange, order: 'asc' | 'desc', limit: number, maxBytes: number, values: boolean): Reply {
    const keys = this.keys(range)
    if (order === 'desc') keys.reverse()
    const entries: ScanEntry[] = []
    let bytes = 0
    for (const key of keys) {
      const record = this.records.get(key)!
      const size = record.valueEnd - record.valueStart
      bytes += key.length + size
      if (entries.length === limit || (entries.length > 0 && bytes > maxBytes)) break
      entries.push({
        key: Buffer.from(key, 'latin1'),
        record: values ? record : { ...record, bytes: Buffer.alloc(0), valueStart: 0, valueEnd: 0 },
        size,
      })
    }
    const more = entries.length < keys.length
    return { kind: 'page', entries, more, positions: this.positions, ...this.absent() }
  }

  private absent(): { missing?: readonly MissingShard[] } {
    return this.missing === undefined ? {} : { missing: this.missing }
  }

  private lease(body: Body): Reply | GatewayError {
    const answer = (leases: readonly LeaseInfo[]): LeaseReply => ({ kind: 'leases', leases, positions: this.positions })
    if (body.kind === 'lease-list') {
      const rest = [...this.leases.values()].filter(({ id }) => id > body.after).sort((a, b) => a.id - b.id)
      return { ...answer(rest.slice(0, body.limit)), more: rest.length > body.limit }
    }
    if (body.kind === 'lease-grant') {
      const lease = { id: body.id, grantedTtlMs: body.ttlMs, remainingMs: body.ttlMs - 0.4, keys: [Buffer.from('k')] }
      this.leases.set(body.id, lease)
      return answer([lease])
    }
    const lease = 'id' in body ? this.leases.get(body.id) : undefined
    if (lease === undefined) return new GatewayError('lease-not-found', 'no')
    if (body.kind === 'lease-revoke') this.leases.delete(lease.id)
    return answer([lease])
  }
}

/** Pooled bodies change after the dispatch: what is remembered must not. */
function copy(body: Body): Body {
  if (body.kind === 'get' || body.kind === 'delete') return { ...body, key: Buffer.from(body.key) }
  if (body.kind === 'put') return { ...body, key: Buffer.from(body.key), value: Buffer.from(body.value) }
  return body
}

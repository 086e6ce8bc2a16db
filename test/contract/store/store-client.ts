import assert from 'node:assert/strict'
import { GatewayError } from '../../../src/errors.ts'
import type { Body, DeleteBody, Modification, PutBody } from '../../../src/operation/body.ts'
import { copyBody } from '../../../src/operation/copy-body.ts'
import type { Operation } from '../../../src/operation/operation.ts'
import type { RecordView, Version } from '../../../src/operation/record.ts'
import type { OwnedRecord, Reply, WriteReply } from '../../../src/operation/reply.ts'
import { isAfter, type Position } from '../../../src/operation/token.ts'
import type { Session } from '../../../src/stores/store.ts'
import { operationOf } from '../../support/operations.ts'

export type Answer = Reply | GatewayError
export type ReplyOf<K extends Reply['kind']> = Extract<Reply, { kind: K }>
export type PutExtra = Partial<Omit<PutBody, 'kind' | 'key' | 'value'>>

const scribble = 0xee

export const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

export function putBody(key: string, value: string, extra: PutExtra = {}): PutBody {
  return {
    kind: 'put',
    key: bytes(key),
    value: bytes(value),
    contentType: 'text/plain',
    expiry: { kind: 'clear' },
    lease: 0,
    ...extra,
  }
}

export function textOf(record: RecordView | undefined): string | undefined {
  return record === undefined
    ? undefined
    : Buffer.from(record.bytes.subarray(record.valueStart, record.valueEnd)).toString('latin1')
}

/**
 * Asks a session, and holds every answer against what the contract says of all of them: the handler is called once, and
 * committed positions never go back. The bytes of a body are overwritten as soon as `dispatch` has returned, because
 * they may lie in a read buffer; those of a `get` are copied during the call, because they are valid no longer.
 */
export class StoreClient {
  /** What was answered against the contract; looked at after each test. */
  readonly violations: string[] = []
  readonly #session: () => Session
  readonly #positions = new Map<number, Position>()
  pending = 0

  constructor(session: () => Session) {
    this.#session = session
  }

  ask(body: Body, extra: Partial<Operation> = {}): Promise<Answer> {
    const own = copyBody(body)
    this.pending += 1
    return new Promise((resolve) => {
      let calls = 0
      const once = (answer: Answer): void => {
        calls += 1
        if (calls === 1) {
          this.pending -= 1
          resolve(answer)
        } else {
          this.violations.push(`${body.kind} was answered ${calls} times`)
        }
      }
      this.#session().dispatch(own, operationOf(own, extra), {
        onReply: (_, reply) => {
          this.#watch(reply.positions)
          once(kept(reply))
        },
        onError: (_, error) => once(error),
      })
      overwrite(own)
    })
  }

  /** The reply, which must be of this kind. */
  async expect<K extends Reply['kind']>(kind: K, body: Body, extra: Partial<Operation> = {}): Promise<ReplyOf<K>> {
    return replyOf(kind, await this.ask(body, extra))
  }

  /** The error, which must have this code; for a write it must say that nothing was applied. */
  async refuse(code: GatewayError['code'], body: Body, extra: Partial<Operation> = {}): Promise<GatewayError> {
    const answer = await this.ask(body, extra)
    if (!(answer instanceof GatewayError)) assert.fail(`expected ${code}, got a reply: ${JSON.stringify(answer)}`)
    assert.equal(answer.code, code, answer.detail)
    return answer
  }

  put(key: string, value: string, extra: PutExtra = {}): Promise<WriteReply> {
    return this.expect('written', putBody(key, value, extra))
  }

  delete(key: string, extra: Partial<Omit<DeleteBody, 'kind' | 'key'>> = {}): Promise<WriteReply> {
    return this.expect('written', { kind: 'delete', key: bytes(key), ...extra })
  }

  modify(key: string, change: Modification): Promise<WriteReply> {
    return this.expect('written', { kind: 'modify', key: bytes(key), change })
  }

  async record(key: string, projection: 'value' | 'meta' = 'value'): Promise<OwnedRecord | undefined> {
    return (await this.expect('record', { kind: 'get', key: bytes(key), projection })).record
  }

  async get(key: string): Promise<string | undefined> {
    return textOf(await this.record(key))
  }

  async version(key: string): Promise<Version> {
    const record = await this.record(key)
    assert.ok(record !== undefined, `${key} is absent`)
    return { epoch: record.epoch, index: record.index, sub: record.sub }
  }

  #watch(positions: readonly Position[]): void {
    for (const position of positions) {
      const last = this.#positions.get(position.shard)
      if (last !== undefined && isAfter(last, position)) {
        this.violations.push(`position ${position.epoch}.${position.index} came after ${last.epoch}.${last.index}`)
      }
      this.#positions.set(position.shard, { ...position })
    }
  }
}

export function replyOf<K extends Reply['kind']>(kind: K, answer: Answer): ReplyOf<K> {
  if (answer instanceof GatewayError) assert.fail(`${answer.code}: ${answer.detail}`)
  assert.equal(answer.kind, kind)
  return answer as ReplyOf<K>
}

/** Only the record of a `get` is a view; everything else may be kept as it is. */
function kept(reply: Reply): Reply {
  if (reply.kind !== 'record' || reply.record === undefined) return { ...reply }
  const { record } = reply
  const value = Buffer.from(record.bytes.subarray(record.valueStart, record.valueEnd))
  const { bucket, epoch, index, sub, expiresAtMs, lease, contentType } = record
  const meta = { bucket, epoch, index, sub, expiresAtMs, lease, contentType }
  return { ...reply, record: { ...meta, bytes: value, valueStart: 0, valueEnd: value.length } }
}

/** As the next bytes from the network would. A parsed query never lies in a read buffer. */
function overwrite(part: unknown): void {
  if (part instanceof Uint8Array) part.fill(scribble)
  else if (typeof part === 'object' && part !== null) {
    for (const [name, inner] of Object.entries(part)) if (name !== 'query') overwrite(inner)
  }
}

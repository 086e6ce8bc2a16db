import assert from 'node:assert/strict'
import { GatewayError } from '../../src/errors.ts'
import type { Handler, Operation } from '../../src/operation/operation.ts'
import type { Reply } from '../../src/operation/reply.ts'

type ReplyOf<K extends Reply['kind']> = Extract<Reply, { readonly kind: K }>

/** Receives the end of one operation and fails the test if there is a second. */
export class Capture implements Handler {
  ending: Reply | GatewayError | undefined
  /** The value of a `record` reply, read while it is lent. */
  text: string | undefined

  onReply(_operation: Operation, reply: Reply): void {
    assert.equal(this.ending, undefined, 'answered twice')
    this.ending = reply
    const record = reply.kind === 'record' ? reply.record : undefined
    if (record !== undefined) this.text = Buffer.from(record.bytes).toString('utf8', record.valueStart, record.valueEnd)
  }

  onError(_operation: Operation, error: GatewayError): void {
    assert.equal(this.ending, undefined, 'answered twice')
    this.ending = error
  }

  get error(): GatewayError {
    assert.ok(this.ending instanceof GatewayError, `no error but ${JSON.stringify(this.ending)}`)
    return this.ending
  }

  reply<K extends Reply['kind']>(kind: K): ReplyOf<K> {
    if (this.ending instanceof GatewayError) assert.fail(`${this.ending.code}: ${this.ending.detail}`)
    assert.equal(this.ending?.kind, kind)
    return this.ending as ReplyOf<K>
  }
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../../src/errors.ts'
import type { Handler } from '../../../../src/operation/operation.ts'
import type { Position } from '../../../../src/operation/token.ts'
import { noPositions } from '../../../../src/stores/embedded/evaluate/written.ts'
import { type Answer, PendingReplies } from '../../../../src/stores/embedded/pending-replies.ts'
import { ReplyMemory } from '../../../../src/stores/embedded/reply-memory.ts'
import { operationOf } from '../../../support/operations.ts'

const body = { kind: 'size' } as const
const answer = (count: number): Answer => ({ kind: 'count', count, positions: noPositions })
const at = (index: number): readonly Position[] => [{ shard: 1, history: 1, epoch: 1, index }]

/** Notes what is handed out, as `COUNT@POSITION` or the error's code. */
function listener(seen: string[], onEach: () => void = () => {}): Handler {
  return {
    onReply(_, reply) {
      seen.push(`${reply.kind === 'count' ? reply.count : reply.kind}@${reply.positions[0]!.index}`)
      onEach()
    },
    onError(_, error) {
      seen.push(error.code)
      onEach()
    },
  }
}

test('answers leave in the order in which they were made, once what they depend on is durable', () => {
  const pending = new PendingReplies(new ReplyMemory(1 << 20))
  const seen: string[] = []
  for (const [count, index] of [5, 5, 7, 6, 9].entries())
    pending.push(index, operationOf(body), listener(seen), answer(count))
  pending.deliver(4, at(4))
  assert.deepEqual(seen, [])
  pending.deliver(6, at(6))
  assert.deepEqual(seen, ['0@6', '1@6'])
  pending.deliver(8, at(8))
  assert.deepEqual(seen, ['0@6', '1@6', '2@8', '3@8'])
  assert.equal(pending.length, 1)
  pending.deliver(9, at(9))
  assert.equal(pending.length, 0)
})

test('errors wait in the same line', () => {
  const pending = new PendingReplies(new ReplyMemory(1 << 20))
  const seen: string[] = []
  pending.push(1, operationOf(body), listener(seen), answer(0))
  pending.push(1, operationOf(body), listener(seen), new GatewayError('precondition-failed', 'no'))
  pending.push(1, operationOf(body), listener(seen), answer(2))
  pending.deliver(1, at(1))
  assert.deepEqual(seen, ['0@1', 'precondition-failed', '2@1'])
})

test('a failure reaches everyone who waits, with the error for their operation', () => {
  const pending = new PendingReplies(new ReplyMemory(1 << 20))
  const seen: string[] = []
  for (let i = 0; i < 600; i++) pending.push(i, operationOf(body, { tag: i }), listener(seen), answer(i))
  pending.deliver(9, at(9))
  const tags: number[] = []
  pending.fail(({ tag }) => {
    tags.push(tag)
    return new GatewayError('store-failed', 'gone')
  })
  assert.equal(seen.length, 600)
  assert.deepEqual(
    tags,
    Array.from({ length: 590 }, (_, i) => i + 10),
  )
  assert.equal(pending.length, 0)
})

test('handlers may add answers while others are handed out, and the ring grows around them', () => {
  const pending = new PendingReplies(new ReplyMemory(1 << 20))
  const seen: string[] = []
  let added = 0
  const handler = listener(seen, () => {
    for (let i = 0; i < 3 && added < 2_000; i++, added++) {
      pending.push(added % 2 === 0 ? 1 : 2, operationOf(body), handler, answer(added))
    }
  })
  pending.push(1, operationOf(body), handler, answer(-1))
  pending.deliver(2, at(2))
  assert.deepEqual(
    seen.map((text) => Number.parseInt(text, 10)),
    Array.from({ length: 2_001 }, (_, i) => i - 1),
  )
})

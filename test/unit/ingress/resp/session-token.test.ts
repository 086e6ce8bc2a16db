import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SessionToken } from '../../../../src/ingress/resp/session-token.ts'
import type { Position } from '../../../../src/operation/token.ts'

const at = (shard: number, epoch: number, index: number, history = 1): Position => ({ shard, history, epoch, index })
const sorted = (token: SessionToken): readonly Position[] => [...(token.token ?? [])].sort((a, b) => a.shard - b.shard)

test('a session token keeps the latest position of each shard', () => {
  const token = new SessionToken()
  assert.equal(token.token, undefined)
  token.learn([at(1, 1, 5), at(2, 1, 9)])
  token.learn([at(1, 1, 4)])
  token.learn([at(2, 2, 1)])
  assert.deepEqual(sorted(token), [at(1, 1, 5), at(2, 2, 1)])
  token.learn([])
  token.learn([at(1, 1, 6)])
  assert.deepEqual(sorted(token), [at(1, 1, 6), at(2, 2, 1)])
})

test('a newer history replaces an older one, whatever its positions', () => {
  const token = new SessionToken()
  token.learn([at(1, 9, 900)])
  token.learn([at(1, 1, 3, 2)])
  token.learn([at(1, 9, 901)])
  assert.deepEqual(sorted(token), [at(1, 1, 3, 2)])
})

test('a token that was handed out does not change, and is not made anew without need', () => {
  const token = new SessionToken()
  const seen = [at(1, 1, 1)]
  token.learn(seen)
  const handed = token.token
  token.learn(seen)
  token.learn([at(1, 1, 1)])
  assert.equal(token.token, handed)
  token.learn([at(1, 1, 2)])
  assert.deepEqual(handed, [at(1, 1, 1)])
  assert.notEqual(token.token, handed)
})

test('a session token is bounded', () => {
  const token = new SessionToken()
  for (let shard = 0; shard < 2000; shard++) token.learn([at(shard, 1, 1)])
  assert.equal(token.token?.length, 1024)
  assert.ok(sorted(token).some(({ shard }) => shard === 1999))
})

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { AccessControl } from '../../../src/admin/access.ts'
import { seededRandom } from '../../../src/runtime/random.ts'
import { closedSettings, openSettings } from './stub-node.ts'

it('access: only a token of an admin opens a closed port', () => {
  const access = new AccessControl(closedSettings, seededRandom(1))
  assert.equal(access.open, false)
  assert.deepEqual(access.check('Bearer tok-ops'), { client: 'ops' })
  assert.deepEqual(access.check('bearer  tok-ops'), { client: 'ops' })
  assert.deepEqual(access.check('Bearer tok-app'), { refused: 'role' })
  assert.deepEqual(access.check(undefined), { refused: 'missing' })
  for (const wrong of [
    'Bearer tok-op',
    'Bearer tok-opsx',
    'Bearer',
    'Bearer ',
    'Basic tok-ops',
    'tok-ops',
    '',
    'Bearer tok-ops x',
  ]) {
    assert.deepEqual(access.check(wrong), { refused: 'unknown' }, wrong)
  }
})

it('access: an open port needs no token, but a wrong one is still wrong', () => {
  const access = new AccessControl(openSettings, seededRandom(1))
  assert.equal(access.open, true)
  assert.deepEqual(access.check(undefined), { client: 'anonymous' })
  assert.deepEqual(access.check('Bearer whatever'), { refused: 'unknown' })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Authenticator } from '../../../src/admission/authenticator.ts'
import type { Client } from '../../../src/operation/operation.ts'

const clients = [
  { name: 'app', token: 'secret-a', roles: ['read', 'write'] as const },
  { name: 'report', token: 'secret-b', roles: ['read'] as const },
]

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

const rolesOf = (client: Client | undefined) =>
  (['read', 'write', 'admin'] as const).filter((role) => client?.roles.has(role) === true)

test('a token says who it is', () => {
  const { byToken } = new Authenticator({ clients, anonymousRoles: [] })
  assert.equal(byToken.authenticate(bytes('secret-a'))?.name, 'app')
  assert.deepEqual(rolesOf(byToken.authenticate(bytes('secret-b'))), ['read'])
  for (const wrong of ['secret-', 'secret-aa', 'SECRET-A', ''])
    assert.equal(byToken.authenticate(bytes(wrong)), undefined)
  assert.equal(byToken.authenticate(undefined), undefined)
})

test('the same client is the same object each time: rates and fairness hang on it', () => {
  const { byToken, byUser } = new Authenticator({ clients, anonymousRoles: ['read'] })
  assert.equal(byToken.authenticate(bytes('secret-a')), byUser.authenticate('app', bytes('secret-a')))
  assert.equal(byToken.authenticate(undefined), byUser.anonymous)
})

test('a user that is named must be the token’s', () => {
  const { byUser } = new Authenticator({ clients, anonymousRoles: [] })
  assert.equal(byUser.authenticate('app', bytes('secret-a'))?.name, 'app')
  assert.equal(byUser.authenticate('report', bytes('secret-a')), undefined)
  assert.equal(byUser.authenticate(undefined, bytes('secret-b'))?.name, 'report')
  assert.equal(byUser.authenticate('default', bytes('secret-b'))?.name, 'report')
})

test('a client called default is one like others', () => {
  const { byUser } = new Authenticator({
    clients: [...clients, { name: 'default', token: 'secret-c', roles: ['read'] }],
    anonymousRoles: [],
  })
  assert.equal(byUser.authenticate('default', bytes('secret-c'))?.name, 'default')
  assert.equal(byUser.authenticate('default', bytes('secret-a')), undefined)
})

test('without a token it is the anonymous client, if that may do anything', () => {
  const open = new Authenticator({ clients: [], anonymousRoles: ['read', 'write'] })
  assert.deepEqual(rolesOf(open.byToken.authenticate(undefined)), ['read', 'write'])
  assert.equal(open.byToken.authenticate(bytes('anything')), undefined)
  assert.equal(new Authenticator({ clients, anonymousRoles: [] }).byUser.anonymous, undefined)
})

test('after a reload old tokens are void, and those who remember answers can tell', () => {
  const authenticator = new Authenticator({ clients, anonymousRoles: [] })
  const before = authenticator.byToken.generation
  authenticator.reload({ clients: [{ name: 'app', token: 'new', roles: ['read'] }], anonymousRoles: ['read'] })
  assert.notEqual(authenticator.byToken.generation, before)
  assert.equal(authenticator.byToken.authenticate(bytes('secret-a')), undefined)
  assert.equal(authenticator.byToken.authenticate(bytes('new'))?.name, 'app')
  assert.equal(authenticator.byUser.anonymous?.name, 'anonymous')
})

test('after a reload a client is known by the same name and token, with its new roles', () => {
  const authenticator = new Authenticator({ clients, anonymousRoles: ['read'] })
  const { byUser } = authenticator
  const app = byUser.authenticate('app', bytes('secret-a'))
  const report = byUser.authenticate('report', bytes('secret-b'))
  const { anonymous, generation } = byUser
  authenticator.reload({
    clients: [
      { name: 'app', token: 'secret-a', roles: ['read'] },
      { name: 'report', token: 'other', roles: ['read'] },
      { name: 'other', token: 'secret-b', roles: ['read'] },
    ],
    anonymousRoles: [],
  })
  assert.notEqual(byUser.generation, generation)
  assert.deepEqual(rolesOf(byUser.renew(app)), ['read'])
  assert.equal(byUser.renew(report), undefined, 'neither another token nor another name will do')
  assert.equal(byUser.renew(anonymous), undefined)
  authenticator.reload({ clients, anonymousRoles: ['write'] })
  assert.equal(byUser.renew(app)?.name, 'app', 'also over two reloads')
  assert.equal(byUser.renew(report)?.name, 'report')
  assert.equal(byUser.renew(undefined), byUser.anonymous)
  assert.equal(byUser.renew(anonymous), byUser.anonymous)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listOptions, listSections } from '../../../src/config/options.ts'

test('every option says what it means, in what unit, what it is by default and what it changes', () => {
  for (const { name, meaning, unit, standard, effect } of listOptions()) {
    assert.match(meaning, /^[A-Z].*\.$/, `${name}: meaning`)
    assert.match(effect, /^[A-Za-z0-9].*\.$/, `${name}: effect`)
    assert.notEqual(unit, '', `${name}: unit`)
    assert.notEqual(standard, '', `${name}: default`)
  }
})

test('every section says what it holds', () => {
  for (const { name, meaning } of listSections()) assert.match(meaning, /^[A-Z].*\.$/, name)
})

test('every numeric option has a range', () => {
  const units = new Set(['duration', 'bytes', 'port', 'grade', 'shards', 'connections', 'requests', 'percent'])
  for (const { name, unit, accepted } of listOptions()) {
    if (units.has(unit)) assert.match(accepted ?? '', /\d/, name)
  }
})

test('names are unique and include the ones that were promised', () => {
  const names = listOptions().map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
  for (const name of [
    'cluster',
    'node.dataDir',
    'listen.peer.port',
    'coordination.leaseTtl',
    'store.engine',
    'store.nodes[].url',
    'sharding.maxShards',
    'replication.minInSync',
    'limits.trustedAddresses',
    'scaling.triggers.responseTime.up',
    'security.clients[].rate.perSecond',
    'security.tls.certFile',
    'resp.splitMset',
  ]) {
    assert.ok(names.includes(name), name)
  }
})

test('defaults are shown as a user would write them', () => {
  const standards = new Map(listOptions().map(({ name, standard }) => [name, standard]))
  assert.equal(standards.get('limits.maxValue'), '1MiB')
  assert.equal(standards.get('limits.queueAge'), '100ms')
  assert.equal(standards.get('resp.splitMset'), 'false')
  assert.equal(standards.get('security.clients[].roles'), '[read, write]')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changedOptions } from '../../../src/config/changed-options.ts'
import { listSections } from '../../../src/config/options.ts'
import type { Settings } from '../../../src/config/settings.ts'
import { settingsFrom } from './loading.ts'

const least = 'cluster: c\nstore: { kind: embedded }\n'

/** The same tree with every leaf changed. */
function altered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'altered'
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, altered(each)]))
}

test('every setting has the name of an option or a section', (t) => {
  const known = new Set(listSections().flatMap(({ name, options }) => [name, ...options.map((each) => each.name)]))
  const before = settingsFrom(t, least)
  const changed = changedOptions(before, altered(before) as Settings)
  assert.ok(changed.includes('limits.queueAge'))
  assert.deepEqual(
    changed.filter((name) => !known.has(name)),
    [],
  )
})

test('what only follows another option is not named beside it', (t) => {
  const before = settingsFrom(t, least)
  const more = settingsFrom(t, `${least}sharding: { shards: 4 }`)
  assert.deepEqual(changedOptions(before, more), ['sharding.shards'])
  const growing = settingsFrom(t, `${least}sharding: { shards: 4, maxShards: 8 }`)
  assert.deepEqual(changedOptions(more, growing), ['sharding.maxShards'])
  const fewer = settingsFrom(t, `${least}limits: { maxConnections: 100 }`)
  const connections = settingsFrom(t, `${least}limits: { maxConnections: 200 }`)
  assert.deepEqual(changedOptions(fewer, connections), ['limits.maxConnections'])
  const client = settingsFrom(t, `${least}security: { clients: [{ name: app, token: 0123456789abcdef }] }`)
  assert.deepEqual(changedOptions(before, client), ['security.clients'])
})

test('nothing has changed', (t) => {
  assert.deepEqual(changedOptions(settingsFrom(t, least), settingsFrom(t, least)), [])
})

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import { configJsonSchema } from '../../../src/config/json-schema.ts'
import { loadSettings } from '../../../src/config/load.ts'
import { listOptions } from '../../../src/config/options.ts'
import { linesOf, temporaryFolder } from './loading.ts'

const folder = fileURLToPath(new URL('../../../config/', import.meta.url))
const full = join(folder, 'headgate.yaml')
const examples = readdirSync(join(folder, 'examples')).map((name) => join(folder, 'examples', name))

describe('config/headgate.yaml', () => {
  test('is valid as it stands and says nothing but the defaults', () => {
    const written = loadSettings({ file: full, overrides: [], environment: {} })
    const defaults = loadSettings({ file: undefined, overrides: [], environment: {} })
    assert.deepEqual(linesOf(written), [])
    assert.deepEqual(written, defaults)
  })

  test('names every option, in a comment where it has no default or is refused', () => {
    const text = readFileSync(full, 'utf8')
    for (const { name } of listOptions()) {
      const key = name.split('.').at(-1) ?? ''
      assert.match(text, new RegExp(`\\b${key}:`), `${name} is missing`)
    }
  })

  test('has a comment for the lines it does not set', () => {
    for (const line of readFileSync(full, 'utf8').split('\n')) assert.ok(line.length <= 120, line)
  })
})

describe('config/examples', () => {
  for (const file of examples) {
    test(`${file.split('/').at(-1)} is valid`, (t) => {
      const secrets = temporaryFolder(t)
      const token = (name: string): string => {
        writeFileSync(join(secrets, name), `the-${name}-token-of-some-length`, { mode: 0o600 })
        return join(secrets, name)
      }
      const environment = {
        HEADGATE_TOKEN_FILE: token('app'),
        HEADGATE_ADMIN_TOKEN_FILE: token('admin'),
        APP_TOKEN: 'app-token-0123456789',
        REPORTS_TOKEN: 'reports-token-0123456789',
        OPERATOR_TOKEN: 'operator-token-0123456789',
      }
      const result = loadSettings({ file, overrides: [], environment })
      assert.ok(result.ok, linesOf(result).join('\n'))
      const { listen, security } = result.settings
      const reachable = [listen.http, listen.resp].some(({ host }) => host !== '127.0.0.1')
      const admins = security.clients.filter(({ roles }) => roles.includes('admin'))
      assert.ok(!reachable || admins.length === 1, 'whoever locks the data ports needs a key to the admin port')
    })
  }
})

describe('config/schema.json', () => {
  const schema = z.fromJSONSchema(configJsonSchema() as Parameters<typeof z.fromJSONSchema>[0])

  for (const file of [full, ...examples]) {
    test(`accepts ${file.split('/').at(-1)}`, () => {
      const result = schema.safeParse(parse(readFileSync(file, 'utf8')))
      assert.ok(result.success, result.error?.message)
    })
  }

  test('refuses unknown keys and wrong units', () => {
    const store = { kind: 'embedded' }
    assert.equal(schema.safeParse({ cluster: 'shop', store }).success, true)
    assert.equal(schema.safeParse({ cluster: 'shop', store, limts: {} }).success, false)
    assert.equal(schema.safeParse({ cluster: 'shop', store, limits: { maxValue: '1MB' } }).success, false)
    assert.equal(schema.safeParse({ cluster: 'shop' }).success, false)
  })
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { exitCodes } from '../../../src/cli/exit-codes.ts'
import { listOptions } from '../../../src/config/options.ts'
import { cli } from './captured-cli.ts'

describe('headgate options', () => {
  test('explains one option', async () => {
    const { code, out } = await cli(['options', 'limits.queueAge'])
    assert.equal(code, exitCodes.ok)
    assert.match(out, /^limits\.queueAge\n {2}Longest wait for a turn\.\n {2}Longer is shed: 503/)
    assert.match(out, / {2}default {2}100ms\n {2}unit {5}duration\n {2}accepts {2}1ms to 1m\n$/)
  })

  test('the last part of a name is enough, in any case', async () => {
    assert.match((await cli(['options', 'QUEUEAGE'])).out, /^limits\.queueAge\n/)
  })

  test('a section lists its options, a list index does not matter', async () => {
    const { out } = await cli(['options', 'security.clients[0]'])
    assert.match(out, /^security\.clients\[\]\.name/m)
    assert.doesNotMatch(out, /^limits/m)
  })

  test('without a name lists them all', async () => {
    const { out } = await cli(['options'])
    for (const { name } of listOptions()) assert.ok(out.includes(`\n${name} `), name)
  })

  test('says of options of later releases that they are refused', async () => {
    assert.match((await cli(['options', 'coordination.join'])).out, /not available in this release/)
  })

  for (const [typed, meant] of [
    ['limits.queueag', 'limits.queueAge'],
    ['queueag', 'limits.queueAge'],
    ['limts', 'limits'],
  ] as const) {
    test(`${typed} is unknown and near ${meant}`, async () => {
      const { code, err } = await cli(['options', typed])
      assert.equal(code, exitCodes.usage)
      assert.equal(err, `error: there is no option ${typed}; did you mean ${meant}?\n`)
    })
  }

  test('--json', async () => {
    const [option] = JSON.parse((await cli(['options', 'resp.splitMset', '--json'])).out)
    assert.equal(option.name, 'resp.splitMset')
    assert.equal(option.standard, 'false')
  })

  test('--schema is config/schema.json', async () => {
    const shipped = readFileSync(new URL('../../../config/schema.json', import.meta.url), 'utf8')
    assert.equal((await cli(['options', '--schema'])).out, shipped)
  })
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { exitCodes } from '../../../src/cli/exit-codes.ts'
import { cli } from './captured-cli.ts'

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))

describe('the command line', () => {
  test('--version is the package version', async () => {
    assert.deepEqual(await cli(['--version']), { code: 0, out: `${version}\n`, err: '' })
  })

  test('--help lists every verb, with examples and exit codes', async () => {
    const { code, out } = await cli(['--help'])
    assert.equal(code, exitCodes.ok)
    for (const verb of ['run', 'check', 'status', 'explain', 'drain', 'reload', 'options', 'doctor', 'bench']) {
      assert.match(out, new RegExp(`^ {2}${verb} `, 'm'))
    }
    assert.match(out, /Examples:[\s\S]*headgate check -c shop\.yaml[\s\S]*4 nobody answered/)
  })

  test('nothing at all is wrong usage, answered with the help', async () => {
    const { code, err } = await cli([])
    assert.equal(code, exitCodes.usage)
    assert.match(err, /Usage: headgate/)
  })

  const wrong: readonly [argv: string, says: RegExp][] = [
    ['chek', /unknown command 'chek'\n\(Did you mean check\?\)/],
    ['check --jsn', /unknown option '--jsn'\n\(Did you mean --json\?\)/],
    ['status now', /too many arguments for 'status'/],
    ['explain', /missing required argument 'operation'/],
    ['explain raed x', /Allowed choices are read, write, scan, count, query/],
    ['explain read', /explain read needs at least one key/],
    ['explain scan a b', /explain scan takes one prefix, or none for all records; not 2/],
    ['status --interval 5', /It must be a duration of at least 100ms, like 2s/],
    ['status --admin nowhere', /--admin must be HOST:PORT, or a URL like http:\/\/127\.0\.0\.1:7402; not nowhere/],
    ['status --token-file README.md', /README\.md holds something else: a token is one line of visible ASCII/],
    ['status --token-file /dev/null', /\/dev\/null is empty: a token is one line/],
    ['status --token-file /nowhere/token', /--token-file \/nowhere\/token cannot be read: there is no such file\n/],
    ['bench --rate none', /It must be a real number/],
  ]
  for (const [argv, says] of wrong) {
    test(`${argv} is wrong usage`, async () => {
      const { code, err } = await cli(argv.split(' '))
      assert.equal(code, exitCodes.usage)
      assert.match(err, says)
    })
  }

  test('each verb has help of its own', async () => {
    for (const verb of ['run', 'check', 'status', 'explain', 'drain', 'reload', 'options', 'doctor', 'bench']) {
      const { code, out } = await cli([verb, '--help'])
      assert.equal(code, exitCodes.ok)
      assert.match(out, new RegExp(`Usage: headgate ${verb}`))
    }
  })
})

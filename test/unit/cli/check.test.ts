import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { exitCodes } from '../../../src/cli/exit-codes.ts'
import { temporaryFolder } from '../config/loading.ts'
import { CapturedIo, cli } from './captured-cli.ts'

function file(folder: string, text: string): string {
  const path = join(folder, 'shop.yaml')
  writeFileSync(path, text)
  return path
}

const good = 'cluster: shop\nnode: { dataDir: /data/shop }\nstore: { kind: embedded }\nsharding: { shards: 4 }\n'
const token = 'a-token-of-some-length'
const secured = `${good}security: { clients: [{ name: app, token: ${token}, roles: [read] }] }\n`

describe('headgate check', () => {
  test('says what a valid file comes to', async (t) => {
    const path = file(temporaryFolder(t), good)
    const { code, out, err } = await cli(['check', '-c', path])
    assert.equal(code, exitCodes.ok)
    assert.equal(err, '')
    assert.equal(
      out,
      [
        `${path} is valid`,
        '  cluster shop, node n1, grade 1',
        '  store   lmdb, 4 shards, fsync before a write is acknowledged, backlog up to 192MiB',
        '  data    /data/shop',
        '  listens http 127.0.0.1:7400, resp 127.0.0.1:7401, admin 127.0.0.1:7402',
        '  serves  everyone who can connect',
        'headgate doctor, with the same options, tests the machine: the data folder, its disk, the ports',
        '',
      ].join('\n'),
    )
  })

  test('without a file checks the defaults, and --set alone', async () => {
    assert.match((await cli(['check'])).out, /no file given \(use -c FILE\): the defaults are valid/)
    const { code, err } = await cli(['check', '--set', 'limits.timeout=1', '--set', 'resp.splitMset=2'])
    assert.equal(code, exitCodes.config)
    assert.match(err, /--set limits\.timeout: .*\n--set resp\.splitMset: .*\n2 problems in the configuration/)
  })

  test('HEADGATE_CONFIG names the file where -c does not', async (t) => {
    const io = new CapturedIo()
    io.environment['HEADGATE_CONFIG'] = file(temporaryFolder(t), good)
    assert.match((await cli(['check'], io)).out, /shop\.yaml is valid/)
    assert.equal((await cli(['check', '-c', '/nowhere.yaml'], io)).code, exitCodes.config)
  })

  test('reports problems on standard error, with their places', async (t) => {
    const path = file(temporaryFolder(t), `${good}limits:\n  queueag: 1s\n`)
    const { code, out, err } = await cli(['check', '-c', path])
    assert.equal(code, exitCodes.config)
    assert.equal(out, '')
    assert.ok(err.startsWith(`${path}:6:3: limits.queueag is not an option; did you mean limits.queueAge?\n`), err)
  })

  test('--json has the same, for scripts', async (t) => {
    const path = file(temporaryFolder(t), `${good}limits:\n  queueag: 1s\n`)
    const { code, out } = await cli(['check', '-c', path, '--json'])
    assert.equal(code, exitCodes.config)
    const [problem] = JSON.parse(out).problems
    assert.deepEqual([problem.source, problem.line, problem.column], [path, 6, 3])
  })

  test('never prints a token', async (t) => {
    const path = file(temporaryFolder(t), secured)
    const asText = await cli(['check', '-c', path])
    const asJson = await cli(['check', '-c', path, '--json'])
    assert.match(asText.out, /clients with a token: app \(read\)/)
    assert.equal(JSON.parse(asJson.out).settings.security.clients[0].token, '(hidden)')
    assert.doesNotMatch(asText.out + asText.err + asJson.out + asJson.err, new RegExp(token))
  })

  test('warnings do not make it fail', async () => {
    const { code, err } = await cli(['check', '--set', 'sharding.maxShards=2'])
    assert.equal(code, exitCodes.ok)
    assert.match(err, /^--set sharding\.maxShards: warning: splitting is not available/)
  })
})

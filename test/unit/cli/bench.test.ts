import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CommanderError } from 'commander'
import { type BenchOutput, benchCommand } from '../../../src/cli/bench.ts'
import { toyHttp, toyResp } from '../loadgen/toy-servers.ts'

async function run(...args: string[]): Promise<{ out: string; err: string; code: unknown }> {
  const seen = { out: '', err: '' }
  const output: BenchOutput = {
    stdout: { write: (text) => (seen.out += text) },
    stderr: { write: (text) => (seen.err += text) },
  }
  const command = benchCommand(output).exitOverride()
  command.configureOutput({ writeErr: (text) => (seen.err += text), writeOut: (text) => (seen.out += text) })
  try {
    await command.parseAsync(args, { from: 'user' })
    return { ...seen, code: output.exitCode }
  } catch (error) {
    assert.ok(error instanceof CommanderError, String(error))
    return { ...seen, code: error.code }
  }
}

const short = ['--duration', '200ms', '--warmup', '0s', '--rate', '200', '--keys', '10', '--connections', '2']

test('a run prints its report and ends with 0', async (t) => {
  const tokens = new Set<string | undefined>()
  const server = await toyHttp((request, response) => {
    tokens.add(request.headers.authorization)
    request.resume().on('end', () => response.writeHead(200, { 'Content-Length': 0 }).end())
  })
  const folder = mkdtempSync(join(tmpdir(), 'headgate-bench-'))
  t.after(async () => {
    rmSync(folder, { recursive: true })
    await server.close()
  })
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, 'abc\n')
  const target = ['--target', `http://127.0.0.1:${server.port}`, '--token-file', tokenFile]
  const { out, code } = await run(...short, ...target, '--arrivals', 'constant')
  assert.equal(code, 0)
  assert.match(out, /open loop, constant arrivals at 200\/s/)
  assert.match(out, /40 succeeded/)
  assert.deepEqual([...tokens], ['Bearer abc'])
})

test('--json prints the same as data, and a seed repeats the choices', async (t) => {
  const keys: string[][] = []
  const server = await toyResp(([name, key]) => {
    keys.at(-1)?.push(`${name} ${key}`)
    return '+OK\r\n'
  })
  t.after(() => server.close())
  const target = ['--target', `redis://127.0.0.1:${server.port}`, '--connections', '1']
  for (let round = 0; round < 2; round++) {
    keys.push([])
    const { out, code } = await run(...short, ...target, '--json', '--seed', '9', '--distribution', 'zipf', '--quiet')
    assert.equal(code, 0)
    const report = JSON.parse(out) as { settings: { seed: number; distribution: string } }
    assert.deepEqual([report.settings.seed, report.settings.distribution], [9, 'zipf'])
  }
  const shared = Math.min(...keys.map((sent) => sent.length))
  assert.ok(shared > 10)
  assert.deepEqual(keys[0]!.slice(0, shared), keys[1]!.slice(0, shared))
})

test('an unreachable target is exit code 4, a refusing one 1', async (t) => {
  const server = await toyResp(() => '-ERR no\r\n')
  const target = ['--target', `redis://127.0.0.1:${server.port}`]
  const refused = await run(...short, ...target)
  assert.equal(refused.code, 1)
  assert.match(refused.out, /error ERR: /)
  await server.close()
  const unreachable = await run(...short, ...target)
  t.diagnostic(unreachable.err)
  assert.equal(unreachable.code, 4)
  assert.match(unreachable.err, /cannot use redis:.*: nothing answers there/)
})

test('options out of bounds are refused with what is allowed', async () => {
  const cases: readonly (readonly [RegExp, ...string[]])[] = [
    [/number from 0\.1 to 1000000/, '--rate', '0'],
    [/whole number from 1 to 10000/, '--connections', '1.5'],
    [/duration from 100ms to 24h/, '--duration', '10'],
    [/size up to 64MiB/, '--value-size', '1GiB'],
    [/Allowed choices are constant, poisson/, '--arrivals', 'bursts'],
    [/letters, digits/, '--key-prefix', 'a b'],
    [/cannot be a target/, '--target', 'ftp://x'],
    [/--token-file \/nonexistent cannot be read: there is no such file/, '--token-file', '/nonexistent'],
    [/above 1GiB/, '--connections', '10000', '--pipeline', '100', '--value-size', '1MiB'],
  ]
  for (const [expected, ...args] of cases) {
    const { err, code } = await run(...args)
    assert.match(err, expected, args.join(' '))
    assert.notEqual(code, 0)
  }
})

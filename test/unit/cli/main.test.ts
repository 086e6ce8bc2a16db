import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL(`../../../src/main${extname(import.meta.url)}`, import.meta.url))

function headgate(...argv: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  const seen = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    seen.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    seen.err += chunk
  })
  return { child, seen }
}

test('the process ends with the exit code of its verb and all of its output', async () => {
  const { child, seen } = headgate('options', '--schema')
  const [code] = await once(child, 'close')
  assert.equal(code, 0)
  assert.equal(JSON.parse(seen.out).title, 'Headgate configuration')
  const wrong = headgate('check', '--set', 'limits.timeout=1')
  assert.deepEqual(await once(wrong.child, 'close'), [3, null])
  assert.match(wrong.seen.err, /1 problem in the configuration/)
})

test('a reader that has seen enough is no error', async () => {
  const { child, seen } = headgate('options', '--schema')
  child.stdout.destroy()
  const [code] = await once(child, 'close')
  assert.deepEqual([code, seen.err], [0, ''])
})

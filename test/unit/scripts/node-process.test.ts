import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { NodeProcess } from '../../../scripts/process/node-process.ts'

/** A program that stands for the gateway. */
function program(t: TestContext, code: string): { readonly path: string; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-process-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'program.mjs'), code)
  return { path: join(folder, 'program.mjs'), folder }
}

test('a gateway that serves is known by its addresses and ended by SIGTERM', async (t) => {
  const { path, folder } = program(
    t,
    `import { writeFileSync } from 'node:fs'
     const folder = process.argv.find((arg) => arg.startsWith('node.dataDir=')).slice(13)
     const at = (port) => ({ host: '127.0.0.1', port })
     const timer = setInterval(() => {}, 1000)
     process.on('SIGTERM', () => {
       writeFileSync(folder + '/drained', process.argv.slice(2).join(' '))
       clearInterval(timer)
     })
     console.log('not JSON')
     console.log('null')
     console.error('for people')
     console.log(JSON.stringify({ event: 'started', http: at(1), resp: at(2), admin: at(3) }))`,
  )
  const gateway = await NodeProcess.start({ 'node.dataDir': folder }, path)
  const { http, resp, admin } = gateway.addresses
  assert.ok(gateway.lines.includes('not JSON'))
  assert.deepEqual([http.port, resp.port, admin.port], [1, 2, 3])
  assert.equal(await gateway.stop(), 0)
  assert.ok(existsSync(join(folder, 'drained')))
  assert.ok(gateway.lines.includes('for people'))
  const args = readFileSync(join(folder, 'drained'), 'utf8')
  assert.match(args, /^run --json --set listen\.http\.port=0 .*--set node\.dataDir=/)
  assert.throws(() => process.kill(gateway.pid, 0), /ESRCH/)
  await gateway.stop()
})

test('a gateway that ends instead of serving is an error with its last words', async (t) => {
  const { path } = program(t, "console.error('error: no room'); process.exitCode = 3")
  await assert.rejects(NodeProcess.start({}, path), /did not start: it ended with 3\n(.*\n)*error: no room/)
})

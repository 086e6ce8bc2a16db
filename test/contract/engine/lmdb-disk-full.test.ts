import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const limitKib = 2_000

test('lmdb: a transaction that does not fit on the disk is rejected whole, and the process and the engine go on', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-engine-full-'))
  t.after(() => rm(directory, { recursive: true }))
  const child = fileURLToPath(new URL(`./disk-full-child${extname(import.meta.url)}`, import.meta.url))
  const script = `trap '' XFSZ; ulimit -f ${limitKib}; exec "$0" --import tsx "$1" "$2"`
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script, process.execPath, child, directory])
  assert.equal(stderr, '', 'lmdb-js says it to who waits only')
  assert.deepEqual(JSON.parse(stdout), [
    'one applied, key is one',
    'two the transaction was not applied: Input/output error, key is one',
    'three the transaction was not applied: Input/output error, key is one',
    'four applied, key is four',
    'mark four, ballast false',
  ])
})

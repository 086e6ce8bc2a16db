import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeFolder } from '../../../src/runtime/make-folder.ts'

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-folder-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('makes what is missing with the mode, and leaves what is there', (t) => {
  const folder = folderFor(t)
  makeFolder(join(folder, 'a/b/c'), 0o700)
  for (const each of ['a', 'a/b', 'a/b/c']) assert.equal(statSync(join(folder, each)).mode & 0o777, 0o700, each)
  makeFolder(join(folder, 'a/b'), 0o755)
  assert.equal(statSync(join(folder, 'a/b')).mode & 0o777, 0o700)
  symlinkSync(join(folder, 'a'), join(folder, 'link'))
  makeFolder(join(folder, 'link/d'), 0o700)
  assert.ok(statSync(join(folder, 'a/d')).isDirectory())
})

test('a file in the way, and a link to nowhere, are errors', (t) => {
  const folder = folderFor(t)
  writeFileSync(join(folder, 'file'), '')
  symlinkSync(join(folder, 'nowhere'), join(folder, 'link'))
  assert.throws(() => makeFolder(join(folder, 'file'), 0o700), { code: 'ENOTDIR', path: join(folder, 'file') })
  assert.throws(() => makeFolder(join(folder, 'file/below'), 0o700), { code: 'ENOTDIR' })
  assert.throws(() => makeFolder(join(folder, 'link'), 0o700), { code: 'EEXIST' })
})

test('ends where the system makes nothing below a folder that exists', () => {
  // In a process of its own: what this test is about cannot be interrupted.
  const source = new URL('../../../src/runtime/make-folder.ts', import.meta.url)
  const compiled = import.meta.url.endsWith('.ts') ? source.href : source.href.replace(/\.ts$/, '.js')
  const script = `import(${JSON.stringify(compiled)}).then(({ makeFolder }) => {
    try { makeFolder('/proc/nope/data', 0o700) } catch ({ code, path }) { console.log(code, path) }
  })`
  const { stdout } = spawnSync(process.execPath, [...process.execArgv, '-e', script], {
    encoding: 'utf8',
    timeout: 30_000,
    killSignal: 'SIGKILL',
  })
  assert.equal(stdout, 'ENOENT /proc/nope\n')
})

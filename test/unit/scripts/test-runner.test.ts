import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { coverageLines, isEmptyModule, isEnough } from '../../../scripts/testing/coverage.ts'
import { findTests } from '../../../scripts/testing/find-tests.ts'
import { runGates } from '../../../scripts/testing/gates.ts'
import { runCommand } from '../../../scripts/testing/run-command.ts'
import { runTests } from '../../../scripts/testing/run-tests.ts'
import { SpecOutput } from '../../../scripts/testing/spec-output.ts'
import { parseTestOptions } from '../../../scripts/testing/test-options.ts'

function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-runner-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

test('options: defaults, values, and a sentence about what is wrong', () => {
  const options = parseTestOptions([])
  const off = { checks: false, coverage: false, list: false, help: false }
  assert.ok(options.seed >= 0 && options.seed < 2 ** 31)
  assert.deepEqual({ ...options, seed: 0 }, { only: undefined, ...off, seed: 0 })
  assert.deepEqual(parseTestOptions(['--only', 'unit', '--coverage', '--seed', '5']).only, 'unit')
  assert.equal(parseTestOptions(['--seed', '5']).seed, 5)
  assert.throws(() => parseTestOptions(['--seed', 'five']), /whole number/)
  assert.throws(() => parseTestOptions(['--onyl', 'x']), /--onyl/)
})

test('test files are found at any depth, slow folders first', (t) => {
  const files = ['unit/b.test.ts', 'unit/deep/a.test.ts', 'fault/z.test.ts', 'unit/support.ts', 'tidy/t.test.ts']
  const folder = folderWith(t, Object.fromEntries(files.map((name) => [`test/${name}`, ''])))
  const found = findTests(join(folder, 'test'), undefined).map((path) => path.slice(folder.length + 6))
  assert.deepEqual(found, ['fault/z.test.ts', 'tidy/t.test.ts', 'unit/b.test.ts', 'unit/deep/a.test.ts'])
  assert.equal(findTests(join(folder, 'test'), 'deep').length, 1)
})

test('a command reports success, output of both kinds, and lines as they come', async () => {
  const lines: string[] = []
  const script = "process.stdout.write('a\\nb'); process.stderr.write('\\nc'); process.exitCode = +process.env.CODE"
  const onLine = (line: string): void => void lines.push(line)
  const good = await runCommand(process.execPath, ['-e', script], { env: { CODE: '0' }, onLine })
  assert.equal(good.ok, true)
  assert.deepEqual(lines.sort().join(''), 'abc')
  assert.equal((await runCommand(process.execPath, ['-e', script], { env: { CODE: '1' } })).ok, false)
  assert.equal((await runCommand('no-such-program', [])).ok, false)
})

test('gates: a failing one is named and its output shown, the rest still run', async () => {
  const printed: string[] = []
  const gate = (name: string, ok: boolean) => ({
    name,
    run: () => Promise.resolve({ ok, output: `output of ${name}\n`, seconds: 1 }),
  })
  const failed = await runGates([gate('one', false), gate('two', true)], (line) => printed.push(line))
  assert.deepEqual(failed, ['one'])
  assert.deepEqual(printed, ['FAILED  one  1.0 s', 'output of one', 'ok      two  1.0 s'])
})

const planted = {
  'pass.test.mjs':
    "import { test } from 'node:test'\ntest('good', () => {})\ntest('later', { skip: 'no server' }, () => {})\n",
  'fail.test.mjs': "import { test } from 'node:test'\ntest('bad', () => { throw new Error('planted') })\n",
}

for (const [name, files, ok, counts] of [
  ['passes', ['pass.test.mjs'], true, [2, 1, 0, 1]],
  ['fails', ['pass.test.mjs', 'fail.test.mjs'], false, [3, 1, 1, 1]],
] as const) {
  test(`a run that ${name} says so, and its summary is held back`, async (t) => {
    const folder = folderWith(t, planted)
    const printed: string[] = []
    const settings = { files: files.map((file) => join(folder, file)), concurrency: 1, timeoutMs: 30_000, env: {} }
    const { outcome, output } = await runTests({ ...settings, color: true }, (line) => printed.push(line))
    assert.equal(outcome.ok, ok, outcome.output)
    assert.deepEqual(
      ['tests', 'pass', 'fail', 'skipped'].map((kind) => output.count(kind)),
      counts,
    )
    assert.deepEqual(output.skipped, ['later: no server'])
    assert.equal(output.summary.length, 8)
    assert.ok(printed.length > 0 && printed.every((line) => !/ℹ (tests|pass) /.test(line)))
    assert.equal(
      printed.some((line) => line.includes('planted')),
      !ok,
    )
  })
}

test('a test that hangs is ended by the limit', async (t) => {
  const hanging =
    "import { test } from 'node:test'\ntest('hangs', () => new Promise(() => setInterval(() => {}, 1000)))\n"
  const files = [join(folderWith(t, { 'hang.test.mjs': hanging }), 'hang.test.mjs')]
  const { outcome, output } = await runTests(
    { files, concurrency: 1, timeoutMs: 500, env: {}, color: false },
    () => undefined,
  )
  assert.equal(outcome.ok, false)
  assert.equal(output.count('pass'), 0)
})

test('a line that only looks like the summary is passed on', () => {
  const passed: string[] = []
  const output = new SpecOutput((line) => passed.push(line))
  for (const line of ['ℹ tests of the log', '  ℹ tests 5', 'ℹ tests 5', '✔ tests 5']) output.onLine(line)
  assert.deepEqual(passed, ['ℹ tests of the log', '  ℹ tests 5', '✔ tests 5'])
  assert.equal(output.count('tests'), 5)
  assert.equal(output.count('pass'), undefined)
})

const share = (covered: number, total: number) => ({ lines: { covered, total, pct: (100 * covered) / total } })

test('coverage below the floor is not enough, and nothing measured is an error', () => {
  assert.equal(isEnough({ total: share(900, 1000) }), true)
  assert.equal(isEnough({ total: share(899, 1000) }), false)
  assert.throws(() => isEnough({ total: share(0, 0) }), /measured on nothing/)
  assert.throws(() => isEnough({}), /measured on nothing/)
})

test('the files with the most lines not run are listed', () => {
  const files = { 'src/a.ts': share(90, 100), 'src/b.ts': share(5, 50), 'src/c.ts': share(7, 7) }
  const lines = coverageLines({ total: share(102, 157), ...files })
  assert.match(lines[0]!, /64\.97 % \(102 of 157 lines\)/)
  assert.deepEqual(
    lines.slice(1).map((line) => line.trim().replaceAll(/ +/g, ' ')),
    ['10.0 % 45 lines not run src/b.ts', '90.0 % 10 lines not run src/a.ts'],
  )
})

test('a module of types is empty once compiled', () => {
  assert.equal(isEmptyModule('/** What. */\nexport {};\n//# sourceMappingURL=a.js.map'), true)
  assert.equal(isEmptyModule('export const a = 1;\n'), false)
  assert.equal(isEmptyModule("import './a.js';\nexport {};\n"), false)
})

import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { installServers, thisMachine } from './install-servers.ts'
import { compile, compiledPath } from './testing/compile.ts'
import { reportCoverage } from './testing/coverage.ts'
import { findTests } from './testing/find-tests.ts'
import { gates, runGates } from './testing/gates.ts'
import { runCommand } from './testing/run-command.ts'
import { runTests, type TestRun } from './testing/run-tests.ts'
import { parseTestOptions, type TestOptions, usage } from './testing/test-options.ts'

const compiledFolder = 'coverage/compiled'
const rawCoverage = 'coverage/raw'
/** More would make tests that measure time disturb one another, and need more memory than small machines have. */
const maxConcurrency = 4
const testTimeoutMs = 10 * 60_000

const print = (line: string): void => console.log(line)

/** `npm test`: servers, checks, build, all tests; node's own summary stands last. Resolves to the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const options = parseTestOptions(args)
  const files = findTests('test', options.only)
  if (options.help || options.list) {
    process.stdout.write(options.help ? usage : `${files.join('\n')}\n`)
    return 0
  }
  if (files.length === 0) {
    print(`no test has "${options.only}" in its path`)
    return 1
  }
  const startedAt = performance.now()
  print(
    `node ${process.version}, ${availableParallelism()} cores, seed ${options.seed} (repeat with --seed ${options.seed})`,
  )
  if (options.checks) return (await runGates([...gates, types], print)).length === 0 ? 0 : 1
  const missing = installServers(thisMachine)
  const failed = [...(options.only === undefined ? await runGates(gates, print) : [])]
  failed.push(...(await runGates([build, types], print)))
  const run = await runAll(files, options)
  if (!run.outcome.ok) failed.push('tests')
  if (options.coverage && !(await reportCoverage(rawCoverage, compiledFolder, print))) failed.push('coverage')
  printEnd(run, { failed, startedAt, missing: missing === undefined ? [] : missing.packages })
  return failed.length === 0 ? 0 : 1
}

/** As `npm run build` makes it: that is the program the tests start. */
const build = {
  name: 'build',
  run: () => runCommand('npm', ['run', '-s', 'build']),
}
const types = { name: 'types (ts7)', run: () => compile(compiledFolder) }

/** Node processes that tests start run what users get, which they find in `HEADGATE_MAIN`. */
function runAll(files: readonly string[], options: TestOptions): Promise<TestRun> {
  rmSync(rawCoverage, { recursive: true, force: true })
  const env = {
    HEADGATE_TEST_SEED: String(options.seed),
    HEADGATE_MAIN: resolve('dist/main.js'),
    ...(options.coverage ? { NODE_V8_COVERAGE: resolve(rawCoverage) } : {}),
  }
  const settings = {
    files: files.map((path) => compiledPath(compiledFolder, path)),
    concurrency: Math.min(maxConcurrency, availableParallelism()),
    timeoutMs: testTimeoutMs,
    env,
    color: process.stdout.isTTY,
  }
  return runTests(settings, print)
}

function printEnd(
  { output }: TestRun,
  end: { failed: readonly string[]; missing: readonly string[]; startedAt: number },
): void {
  print('')
  if (end.missing.length > 0) print(`not installed: ${end.missing.join(' ')}; tests that need them were skipped`)
  print(output.skipped.length === 0 ? 'skipped: nothing' : `skipped:\n  ${output.skipped.join('\n  ')}`)
  print(`took ${((performance.now() - end.startedAt) / 60_000).toFixed(1)} minutes`)
  print(end.failed.length === 0 ? 'everything passed' : `FAILED: ${end.failed.join(', ')}`)
  for (const line of output.summary) print(line)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 2
}

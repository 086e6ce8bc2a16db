import { type Outcome, runCommand } from './run-command.ts'
import { SpecOutput } from './spec-output.ts'

export interface TestRun {
  readonly outcome: Outcome
  readonly output: SpecOutput
}

export interface TestRunSettings {
  readonly files: readonly string[]
  /** Test files running at the same time. */
  readonly concurrency: number
  /** A test that hangs fails after this time. */
  readonly timeoutMs: number
  readonly env: Readonly<Record<string, string>>
  readonly color: boolean
}

/** Runs test files with node's own runner, each in its own process; results are printed as they come. */
export async function runTests(settings: TestRunSettings, print: (line: string) => void): Promise<TestRun> {
  const output = new SpecOutput(print)
  const args = [
    '--enable-source-maps',
    '--test',
    `--test-concurrency=${settings.concurrency}`,
    `--test-timeout=${settings.timeoutMs}`,
    '--test-reporter=spec',
    ...settings.files,
  ]
  // Set where tests run tests; the inner runner would then write for a machine.
  const env = { NODE_TEST_CONTEXT: undefined, ...settings.env, ...(settings.color ? { FORCE_COLOR: '1' } : {}) }
  const outcome = await runCommand(process.execPath, args, { env, onLine: (line) => output.onLine(line) })
  return { outcome, output }
}

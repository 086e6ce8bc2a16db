import { type LoadResult, loadSettings } from '../config/load.ts'
import { formatProblem, type Problem } from '../config/problem.ts'
import type { CliIo } from './cli-io.ts'

/** What `run`, `check` and `doctor` take to find their configuration. */
export interface ConfigOptions {
  readonly config?: string
  readonly set: readonly string[]
}

/** The file of `-c`, else of HEADGATE_CONFIG, else none (Mach I defaults). */
export function configFileOf(options: ConfigOptions, io: CliIo): string | undefined {
  const fromEnvironment = io.environment['HEADGATE_CONFIG']
  return options.config ?? (fromEnvironment === '' ? undefined : fromEnvironment)
}

export function loadFrom(options: ConfigOptions, io: CliIo): LoadResult {
  return loadSettings({ file: configFileOf(options, io), overrides: options.set, environment: io.environment })
}

/** Says each problem with its place, and how many there are. */
export function printProblems(problems: readonly Problem[], io: CliIo): void {
  for (const problem of problems) io.stderr.write(`${formatProblem(problem)}\n`)
  const number = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  io.stderr.write(`${number} in the configuration; \`headgate options NAME\` explains an option\n`)
}

export function printWarnings(warnings: readonly Problem[], io: CliIo): void {
  for (const warning of warnings) {
    io.stderr.write(`${formatProblem({ ...warning, message: `warning: ${warning.message}` })}\n`)
  }
}

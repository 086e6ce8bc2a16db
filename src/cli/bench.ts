import { Command, Option } from 'commander'
import { LoadFailure, type LoadSettings } from '../loadgen/load-settings.ts'
import { ProgressLine, type ProgressOutput } from '../loadgen/progress.ts'
import { reportJson, reportText } from '../loadgen/report.ts'
import { type LoadResult, type LoadWatcher, runLoad } from '../loadgen/run-load.ts'
import { systemRuntime } from '../runtime/runtime.ts'
import {
  type BenchOptions,
  durationWithin,
  keyPrefix,
  loadSettingsOf,
  numberWithin,
  sizeUpTo,
} from './bench-options.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { holdProcess } from './hold-process.ts'

const examples = `
Requests arrive at a fixed rate whether or not earlier ones were answered, and latency counts from the moment each
should have been sent: a stalled server shows in the percentiles instead of slowing the generator down with it.

Examples:
  $ headgate bench --preload                                1,000/s for 10 s over HTTP, after loading the keys
  $ headgate bench --rate 20000 --writes 50                 half of the requests write
  $ headgate bench --target redis://127.0.0.1:7401 --closed --pipeline 16
                                                            the most it can do over RESP
  $ headgate bench --distribution zipf --keys 1000000       few keys get most of the requests
  $ headgate bench --rate 5000 --duration 1m --json         for scripts; progress goes to stderr

Exit codes: 0 done, 1 nothing succeeded, 2 wrong usage, 4 the target cannot be reached.
`

const maxSeed = 2 ** 31

/** Where a command prints and leaves its exit code; `process` is one. */
export interface BenchOutput {
  readonly stdout: ProgressOutput
  readonly stderr: ProgressOutput
  exitCode?: number | string | null | undefined
}

/** `headgate bench`: the open-loop load generator. */
export function benchCommand(output: BenchOutput = process): Command {
  const command = new Command('bench').description(
    'put load on a gateway (or any Redis) and measure what users would feel',
  )
  addTargetOptions(command)
  addLoadOptions(command)
  addMixOptions(command)
  return command
    .addOption(option('--json', 'print the result as JSON'))
    .addOption(option('-q, --quiet', 'no progress'))
    .addHelpText('after', examples)
    .action(async (options: BenchOptions) => {
      output.exitCode = await bench(options, output, (message) =>
        command.error(`error: ${message}`, { exitCode: exitCodes.usage }),
      )
    })
}

function addTargetOptions(command: Command): void {
  const token = 'file that holds the bearer token (HTTP) or the password of AUTH (RESP)'
  command
    .addOption(option('-t, --target <url>', 'http://host:port or redis://[user@]host:port', 'http://127.0.0.1:7400'))
    .addOption(option('--token-file <path>', token))
    .addOption(option('-c, --connections <n>', 'connections', 64, numberWithin(1, 10_000)))
    .addOption(option('-p, --pipeline <n>', 'requests in flight on one connection', 1, numberWithin(1, 1024)))
}

function addLoadOptions(command: Command): void {
  const backlog = 'requests that may wait for a free connection; more are dropped and counted'
  const preload = option('--preload', 'write every key once before the load')
  command
    .addOption(option('-r, --rate <n>', 'requests per second', 1000, numberWithin(0.1, 1_000_000, 'real')))
    .addOption(option('--arrivals <kind>', 'spacing of the requests', 'poisson').choices(['constant', 'poisson']))
    .addOption(option('--closed', 'keep every connection busy instead: maximum throughput, latencies hide queueing'))
    .addOption(option('-d, --duration <time>', 'measured time', 10_000, durationWithin('100ms', '24h'), '10s'))
    .addOption(option('--warmup <time>', 'load before measuring', 2000, durationWithin('0s', '1h'), '2s'))
    .addOption(option('--drain <time>', 'wait for late answers', 5000, durationWithin('0s', '10m'), '5s'))
    .addOption(option('--backlog <n>', backlog, 100_000, numberWithin(1, 10_000_000)))
    .addOption(preload)
    .addOption(option('--seed <n>', 'repeat the random choices of a run', undefined, numberWithin(0, maxSeed)))
}

function addMixOptions(command: Command): void {
  command
    .addOption(option('-w, --writes <percent>', 'share of writes', 10, numberWithin(0, 100, 'real')))
    .addOption(option('-k, --keys <n>', 'number of different keys', 100_000, numberWithin(1, 1_000_000_000)))
    .addOption(option('--key-prefix <text>', 'what keys begin with; what is written stays', 'bench:', keyPrefix))
    .addOption(option('--distribution <kind>', 'how keys are chosen', 'uniform').choices(['uniform', 'zipf']))
    .addOption(option('--zipf-exponent <n>', 'skew of zipf', 0.99, numberWithin(0.01, 10, 'real')))
    .addOption(option('-s, --value-size <size>', 'bytes of a value', 128, sizeUpTo('64MiB'), '128B'))
}

function option<T>(flags: string, text: string, fallback?: T, parse?: (text: string) => T, shown?: string): Option {
  const made = new Option(flags, text)
  if (fallback !== undefined) made.default(fallback, shown)
  return parse === undefined ? made : made.argParser(parse)
}

/** Runs one bench and prints it; resolves to the exit code. `fail` reports wrong usage and does not return. */
async function bench(options: BenchOptions, output: BenchOutput, fail: (message: string) => never): Promise<ExitCode> {
  const settings = settingsOrFail(options, fail)
  const progress = new ProgressLine(output.stderr)
  const release = holdProcess()
  try {
    const result = await runLoad(settings, systemRuntime, options.quiet === true ? silent : progress)
    progress.end()
    output.stdout.write(options.json === true ? `${JSON.stringify(reportJson(result), null, 2)}\n` : reportText(result))
    return exitCodeOf(result)
  } catch (error) {
    progress.end()
    if (!(error instanceof LoadFailure)) throw error
    output.stderr.write(`error: ${error.message}\n`)
    return error.kind === 'unreachable' ? exitCodes.unreachable : exitCodes.failed
  } finally {
    release()
  }
}

function settingsOrFail(options: BenchOptions, fail: (message: string) => never): LoadSettings {
  try {
    return loadSettingsOf(options, () => systemRuntime.random.integer(maxSeed))
  } catch (error) {
    return fail((error as Error).message)
  }
}

function exitCodeOf(result: LoadResult): ExitCode {
  return result.tally.successes === 0 ? exitCodes.failed : exitCodes.ok
}

const silent: LoadWatcher = { onPreload: () => undefined, onSecond: () => undefined }

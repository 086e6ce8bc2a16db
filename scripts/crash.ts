import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { textTable } from '../bench/report/text-table.ts'
import { type CrashOptions, type CrashProgress, type CrashResult, crashCampaign } from './campaign/crash/campaign.ts'

const usage = `usage: npm run crash -- [options]
  --kills N     how often the node is killed with SIGKILL (50)
  --records N   records of 128 bytes that are there before (1000000)
  --shards N    shards of the node (4)
  --seed N      of the load and of the moments of the kills; drawn and printed otherwise
  --json        the result as JSON on standard output
Exit code: 0 if nothing was lost, torn or answered wrongly and every restart took less than 2 s, else 1.
`
const restartLimitMs = 2000
const shownViolations = 20
const maxSeed = 2 ** 31

function wholeNumber(name: string, text: string | undefined, standard: number): number {
  const value = text === undefined ? standard : Number(text)
  if (!Number.isInteger(value) || value < 1 || value >= maxSeed)
    throw new Error(`--${name} takes a whole number above 0`)
  return value
}

function optionsOf(args: readonly string[]): CrashOptions & { readonly json: boolean; readonly help: boolean } {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const options = {
    kills: text,
    records: text,
    shards: text,
    seed: text,
    json: flag,
    help: { ...flag, short: 'h' },
  } as const
  const { values } = parseArgs({ args: [...args], options })
  return {
    kills: wholeNumber('kills', values.kills, 50),
    records: wholeNumber('records', values.records, 1_000_000),
    shards: wholeNumber('shards', values.shards, 4),
    seed: wholeNumber('seed', values.seed, randomInt(1, maxSeed)),
    restartLimitMs,
    readAll: true,
    json: values.json,
    help: values.help,
  }
}

/** One line that is rewritten on a terminal; elsewhere a line for each tenth. */
function progressLine(): (progress: CrashProgress) => void {
  let shown = ''
  return ({ phase, done, total, violations }) => {
    const text = `${phase} ${done} of ${total}${violations === 0 ? '' : `, ${violations} VIOLATIONS`}`
    const tenth = `${phase} ${Math.floor((10 * done) / total)}`
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`)
    else if (tenth !== shown) process.stderr.write(`${text}\n`)
    shown = tenth
  }
}

function summary({ options, writes, restartMs, restartCpuMs, ...result }: CrashResult): string {
  const rows = [
    ['seed', String(options.seed)],
    ['shards', String(options.shards)],
    ['records loaded', String(options.records)],
    ['records at the end', String(result.records)],
    ['kills during the load', String(result.kills)],
    ['kills during a restart', String(result.killsWhileStarting)],
    ['writes sent', String(writes.sent)],
    ['writes acknowledged', String(writes.acknowledged)],
    ['writes shed', String(writes.refused)],
    ['answers repeated exactly', String(result.replayed)],
    ['restart, median', `${restartMs.median.toFixed(0)} ms`],
    ['restart, longest', `${restartMs.max.toFixed(0)} ms (less than ${restartLimitMs} allowed)`],
    ['its processor time, longest', `${restartCpuMs.max.toFixed(0)} ms`],
    ['exit code of the last stop', String(result.exitCode)],
    ['violations', String(result.violations.length)],
  ]
  const found = result.violations.slice(0, shownViolations).map(({ kind, key, detail }) => `${kind}: ${key}: ${detail}`)
  return [textTable(['crash campaign', ''], rows), ...found, result.ok ? 'passed' : 'FAILED'].join('\n')
}

async function main(args: readonly string[]): Promise<number> {
  const { json, help, ...options } = optionsOf(args)
  if (help) {
    process.stdout.write(usage)
    return 0
  }
  process.stderr.write(`seed ${options.seed} (repeat with --seed ${options.seed})\n`)
  const result = await crashCampaign(options, progressLine())
  if (process.stderr.isTTY) process.stderr.write('\n')
  process.stdout.write(json ? `${JSON.stringify(result, undefined, 2)}\n` : `${summary(result)}\n`)
  return result.ok ? 0 : 1
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 2
}

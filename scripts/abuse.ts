import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { attacks, attacksNamed } from './campaign/abuse/attack-list.ts'
import { attackerFlag, serveAsAttacker } from './campaign/abuse/attacker.ts'
import { type AbuseOptions, abuseCampaign, runsOf } from './campaign/abuse/campaign.ts'
import { summary } from './campaign/abuse/summary.ts'

const usage = `usage: npm run abuse -- [options]
  --seconds N   time of each attack (35: enough to see the default timeouts end; shorter runs shorten the timeouts)
  --records N   records of 128 bytes that are there before (1000000)
  --only NAMES  only these attacks, names with commas between them
  --scale X     share of the full number of connections, above 0 and at most 1 (1)
  --seed N      of what is random in the attacks; drawn and printed otherwise
  --json        the result as JSON on standard output
Attacks: ${attacks.map(({ name }) => name).join(', ')}.
Exit code: 0 if every bound held, else 1.
`
const maxSeed = 2 ** 31
const bounds = { memoryBytes: 512 * 2 ** 20, successRate: 0.95, p99Ms: 100 }

function number(name: string, text: string | undefined, standard: number, most: number): number {
  const value = text === undefined ? standard : Number(text)
  if (!(value > 0 && value <= most)) throw new Error(`--${name} takes a number above 0, at most ${most}`)
  return value
}

function optionsOf(args: readonly string[]): AbuseOptions & { readonly json: boolean; readonly help: boolean } {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: text,
      records: text,
      only: text,
      scale: text,
      seed: text,
      json: flag,
      help: { ...flag, short: 'h' },
    },
  })
  const chosen = values.only === undefined ? attacks : attacksNamed(values.only.split(','))
  return {
    runs: runsOf(chosen, number('scale', values.scale, 1, 1), chosen.length > 1),
    seconds: number('seconds', values.seconds, 35, 600),
    records: number('records', values.records, 1_000_000, 10_000_000),
    seed: Math.floor(number('seed', values.seed, randomInt(1, maxSeed), maxSeed)),
    bounds,
    json: values.json,
    help: values.help,
  }
}

async function main(args: readonly string[]): Promise<number> {
  const { json, help, ...options } = optionsOf(args)
  if (help) {
    process.stdout.write(usage)
    return 0
  }
  process.stderr.write(`seed ${options.seed}, ${options.seconds} s for each attack\n`)
  const result = await abuseCampaign(
    options,
    ({ name, failures }) => process.stderr.write(`${failures.length === 0 ? 'ok    ' : 'FAILED'}  ${name}\n`),
    (what) => process.stderr.write(`        ${what} ...\n`),
  )
  process.stdout.write(json ? `${JSON.stringify(result, undefined, 2)}\n` : `${summary(result)}\n`)
  return result.ok ? 0 : 1
}

if (process.argv.includes(attackerFlag)) await serveAsAttacker()
else {
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exitCode = 2
  }
}

import { parseArgs } from 'node:util'
import { fullScale, quickScale, type Scale } from './scale.ts'

export interface BenchOptions {
  readonly help: boolean
  readonly list: boolean
  readonly quick: boolean
  /** A case runs if its name contains one of these; empty means all. */
  readonly only: readonly string[]
  readonly scale: Scale
  /** File for the result, or undefined for the usual place. */
  readonly json: string | undefined
  /** Folder that keeps the preloaded stores for the next run. */
  readonly data: string | undefined
  /** A built `main.js` to measure instead of building this tree. */
  readonly gateway: string | undefined
}

export const usage = `usage: npm run bench -- [options]
  Measures Headgate beside redis-server, etcd and nginx, and compares the ratios with their floors.

  --quick          short rounds, two of each, few records: does it work, and roughly where does it stand?
  --only NAME      cases whose name contains NAME; repeatable
  --rounds N       rounds of each case (${fullScale.rounds}, --quick ${quickScale.rounds})
  --list           print the cases and their floors, and stop
  --json FILE      where to write the result (bench/results/DATE-COMMIT.json unless --quick or --only)
  --data FOLDER    keep the preloaded stores there, and use those that are there
  --gateway FILE   measure this built main.js instead of building the working tree
  -h, --help       print this

Exit codes: 0 every floor of the cases was looked at and holds (--quick: everything was valid), 1 not so, 2 wrong usage.
`

/** Throws an Error with a sentence for a person when the options are wrong. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      list: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      json: { type: 'string' },
      data: { type: 'string' },
      gateway: { type: 'string' },
    },
  })
  const { help, list, quick, json, data, gateway } = values
  const usual = quick ? quickScale : fullScale
  const rounds = values.rounds === undefined ? usual.rounds : Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 99) throw new Error('--rounds must be a number from 1 to 99')
  const only = values.only.flatMap((names) => names.split(',')).filter((name) => name !== '')
  return { help, list, quick, only, scale: { ...usual, rounds }, json, data, gateway }
}

/** The cases `only` asks for. Throws if one of its names fits none. */
export function chosen<T extends { readonly name: string }>(
  cases: readonly T[],
  only: readonly string[],
): readonly T[] {
  const stray = only.find((part) => !cases.some(({ name }) => name.includes(part)))
  if (stray !== undefined) throw new Error(`no case's name contains ${stray}; --list prints them`)
  return only.length === 0 ? cases : cases.filter(({ name }) => only.some((part) => name.includes(part)))
}

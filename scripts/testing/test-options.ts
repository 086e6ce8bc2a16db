import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

export interface TestOptions {
  /** Only tests whose path contains this; then the checks are left out. */
  readonly only: string | undefined
  /** Only the checks, no tests. */
  readonly checks: boolean
  readonly coverage: boolean
  readonly list: boolean
  readonly help: boolean
  readonly seed: number
}

export const usage = `usage: npm test -- [options]
  --only TEXT   only the tests whose path contains TEXT, without the checks
  --checks      only the checks: format, lint, import directions, dead code, types
  --coverage    measure line coverage of src, fail below the floor
  --seed N      what random tests start from (HEADGATE_TEST_SEED); drawn and printed otherwise
  --list        print the test files and stop
`

const maxSeed = 2 ** 31

/** Throws an Error with a sentence for a person on options that do not exist. */
export function parseTestOptions(args: readonly string[]): TestOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      checks: { type: 'boolean', default: false },
      coverage: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
      seed: { type: 'string' },
    },
  })
  const seed = values.seed === undefined ? randomInt(maxSeed) : Number(values.seed)
  if (!Number.isInteger(seed) || seed < 0 || seed >= maxSeed) throw new Error(`--seed takes a whole number below 2^31`)
  const { only, checks, coverage, list, help } = values
  return { only, checks, coverage, list, help, seed }
}

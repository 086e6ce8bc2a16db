import { parseArgs } from 'node:util'
import { allRules, type SafetyRule, safetyRules } from '../src/replication/rules.ts'
import { type SimulationResult, simulate } from '../test/simulation/simulation.ts'
import { ProgressBar } from './demo/progress-bar.ts'

const usage = `npm run simulate -- [--seeds N] [--from SEED] [--mutations] [--break RULE] [--trace]

Runs clusters in virtual time with faults, one for each seed, and checks every invariant of docs/replication.md.

  --seeds N       how many (100)
  --from SEED     the first (1)
  --trace         says what happens; for one seed
  --break RULE    breaks one safety rule, to see what happens
  --mutations     breaks each safety rule in turn, and fails if no seed notices
  --json          the results as JSON
`

interface Options {
  readonly seeds: number
  readonly from: number
  readonly trace: boolean
  readonly json: boolean
}

function main(): number {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      mutations: { type: 'boolean', default: false },
      break: { type: 'string' },
      trace: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    return 0
  }
  const options = { seeds: whole(values.seeds), from: whole(values.from), trace: values.trace, json: values.json }
  if (values.mutations) return mutations(options)
  if (values.break !== undefined && !isRule(values.break)) {
    process.stderr.write(`there is no rule ${values.break}; there are ${safetyRules.join(', ')}\n`)
    return 2
  }
  return run(options, values.break)
}

function run({ seeds, from, trace, json }: Options, broken: SafetyRule | undefined): number {
  const results: SimulationResult[] = []
  const bar = trace || json ? undefined : new ProgressBar(seeds, process.stderr, () => performance.now())
  for (let seed = from; seed < from + seeds; seed++) {
    results.push(simulate({ seed, rules: rulesWithout(broken), ...(trace ? { note: tell } : {}) }))
    bar?.update(results.length)
  }
  const failed = results.filter(({ violations }) => violations.length > 0)
  if (json) process.stdout.write(`${JSON.stringify(results)}\n`)
  else print(results, failed)
  return failed.length === 0 ? 0 : 1
}

function print(results: readonly SimulationResult[], failed: readonly SimulationResult[]): void {
  for (const { seed, violations } of failed) {
    process.stdout.write(`seed ${seed}:\n`)
    for (const { checker, what, at } of violations.slice(0, 5)) {
      process.stdout.write(`  ${Math.round(at)} ms, ${checker}: ${what}\n`)
    }
    process.stdout.write(`  again: npm run simulate -- --seeds 1 --from ${seed} --trace\n`)
  }
  const sum = (of: (result: SimulationResult) => number): string =>
    results.reduce((total, result) => total + of(result), 0).toLocaleString('en')
  process.stdout.write(
    `${results.length - failed.length} of ${results.length} seeds without a violation; ` +
      `${sum(({ totals }) => totals.acknowledged)} writes acknowledged, ${sum(({ totals }) => totals.unknown)} unknown, ` +
      `${sum(({ totals }) => totals.read)} reads, ${sum(({ epochs }) => epochs)} epochs\n`,
  )
}

function mutations({ seeds, from }: Options): number {
  let missed = 0
  for (const rule of safetyRules) {
    let seed = from
    let result: SimulationResult | undefined
    for (; seed < from + seeds; seed++) {
      result = simulate({ seed, rules: rulesWithout(rule) })
      if (result.violations.length > 0) break
    }
    const [first] = result?.violations ?? []
    if (first === undefined) missed++
    const found =
      first === undefined ? `NOT NOTICED by ${seeds} seeds` : `seed ${seed}: ${first.checker}: ${first.what}`
    process.stdout.write(`${rule.padEnd(28)} ${found}\n`)
  }
  return missed === 0 ? 0 : 1
}

function rulesWithout(broken: SafetyRule | undefined): Record<SafetyRule, boolean> {
  return broken === undefined ? { ...allRules } : { ...allRules, [broken]: false }
}

function isRule(text: string): text is SafetyRule {
  return (safetyRules as readonly string[]).includes(text)
}

function whole(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`${text} is no whole number above 0`)
  return number
}

function tell(at: number, what: string): void {
  process.stdout.write(`${at.toFixed(1).padStart(9)} ${what}\n`)
}

process.exitCode = main()

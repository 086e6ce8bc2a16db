import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { allCases } from './cases/all-cases.ts'
import type { Case } from './cases/case.ts'
import { exitCodeOf, exitFailed, leftOutOf } from './completeness.ts'
import { DataFolders } from './data/data-folders.ts'
import { floors } from './floors.ts'
import { type Judged, judge } from './judge.ts'
import { type BenchOptions, chosen, parseOptions, usage } from './options.ts'
import { installed, killAll, pinSelf } from './process/pinned-process.ts'
import { floorText } from './report/figures.ts'
import { describeMachine, doubts, versions } from './report/machine.ts'
import { Progress } from './report/progress.ts'
import { type BenchResult, commitOf, configurations, resultPath, writeResult } from './report/result-file.ts'
import { reportText } from './report/result-text.ts'
import { type CaseResult, runCase } from './rounds.ts'
import { nodeFlags } from './systems/headgate.ts'

const built = 'dist/main.js'
const exitUsage = 2
const print = (text: string): void => void process.stdout.write(`${text}\n`)

async function main(options: BenchOptions): Promise<number> {
  if (options.help) {
    print(usage)
    return 0
  }
  const program = options.gateway ?? built
  const every = allCases(options.scale, program)
  const cases = chosen(every, options.only)
  if (options.list) {
    for (const each of cases) print(listing(each))
    return 0
  }
  if (!installed('wrk')) throw new Error('wrk is not installed; on Debian: apt-get install wrk')
  if (options.gateway === undefined) execFileSync('npm', ['run', '-s', 'build'], { stdio: 'inherit' })
  if (!existsSync(program)) throw new Error(`there is no ${program}`)
  pinSelf()
  const data = new DataFolders(options.data)
  const interrupted = (): void => {
    killAll()
    data.remove()
    process.exit(exitFailed)
  }
  process.once('SIGINT', interrupted)
  process.once('SIGTERM', interrupted)
  try {
    const everyCase = every.map(({ name }) => name)
    const result = await measure({ ...options, program, everyCase }, cases, data)
    print(reportText(result))
    const path = resultPath(result, { json: options.json, usual: !options.quick && options.only.length === 0 })
    if (path !== undefined) {
      writeResult(path, result)
      print(`Written to ${path}`)
    }
    return exitCodeOf(options.quick, result.judged)
  } finally {
    killAll()
    data.remove()
  }
}

function listing({ name, title, comparisons }: Case): string {
  const bounds = comparisons.flatMap((comparison) => {
    const floor = floors.find(({ of }) => of === `${name}/${comparison.name}`)
    return floor === undefined ? [] : [`    ${comparison.name} ${floorText(floor)}: ${floor.claim}`]
  })
  return [`${name}  ${title}`, ...bounds].join('\n')
}

async function measure(
  options: BenchOptions & { readonly program: string; readonly everyCase: readonly string[] },
  cases: readonly Case[],
  data: DataFolders,
): Promise<BenchResult> {
  const startedAt = new Date()
  const tree = commitOf()
  const machine = await describeMachine(data.root)
  for (const doubt of doubts(machine, data.root)) print(`! ${doubt}`)
  const { scale, quick, program } = options
  const rounds = cases.reduce((sum, { contenders }) => sum + contenders.length * scale.rounds, 0)
  const progress = new Progress(rounds, print)
  const results: CaseResult[] = []
  const judged: Judged[] = []
  for (const each of cases) {
    print(`${each.name}: ${each.title}`)
    const result = await runCase(each, { data, scale, watcher: progress })
    results.push(result)
    judged.push(...judge(each, result, floors))
  }
  return {
    startedAt: startedAt.toISOString(),
    minutes: Math.round((Date.now() - startedAt.getTime()) / 6000) / 10,
    ...tree,
    gateway: { program, built: options.gateway === undefined },
    quick,
    leftOut: leftOutOf(options, results),
    scale,
    machine,
    versions: await versions(),
    nodeFlags,
    configurations: configurations(),
    judged,
    cases: results,
  }
}

function optionsOrExit(): BenchOptions {
  try {
    return parseOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n\n${usage}`)
    process.exit(exitUsage)
  }
}

try {
  process.exitCode = await main(optionsOrExit())
} catch (error) {
  process.stderr.write(`error: ${(error as Error).message}\n`)
  process.exitCode = exitFailed
}

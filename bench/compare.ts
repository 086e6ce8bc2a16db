import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { allCases } from './cases/all-cases.ts'
import type { Case } from './cases/case.ts'
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
const exitFailed = 1
const exitUsage = 2
const print = (text: string): void => void process.stdout.write(`${text}\n`)

async function main(options: BenchOptions): Promise<number> {
  if (options.help) {
    print(usage)
    return 0
  }
  const program = options.gateway ?? built
  const cases = chosen(allCases(options.scale, program), options.only)
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
    const result = await measure(options, cases, data)
    print(reportText(result))
    const path = resultPath(result, { json: options.json, complete: !options.quick && options.only.length === 0 })
    if (path !== undefined) {
      writeResult(path, result)
      print(`Written to ${path}`)
    }
    return exitCodeOf(options, result.judged)
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

async function measure(options: BenchOptions, cases: readonly Case[], data: DataFolders): Promise<BenchResult> {
  const startedAt = new Date()
  const tree = commitOf()
  const machine = await describeMachine(data.root)
  for (const doubt of doubts(machine, data.root)) print(`! ${doubt}`)
  const { scale, quick } = options
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
    quick,
    scale,
    machine,
    versions: await versions(),
    nodeFlags,
    configurations: configurations(),
    judged,
    cases: results,
  }
}

/** A quick run says that everything works; only a full one may say that something is too slow. */
function exitCodeOf({ quick }: BenchOptions, judged: readonly Judged[]): number {
  const bad = quick ? ['invalid'] : ['invalid', 'fail', 'unsure']
  return judged.some(({ verdict }) => bad.includes(verdict)) ? exitFailed : 0
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

import { contradictions } from '../counters/counters.ts'
import { expectedGroups, groupQuery, keyDigits } from '../data/records.ts'
import { type OpenLoopReport, openLoopProblems, parseOpenLoop } from '../load/open-loop-report.ts'
import { MemoryWatch } from '../process/memory-watch.ts'
import { pause } from '../process/patience.ts'
import { runToEnd } from '../process/pinned-process.ts'
import { ProcessorWatch } from '../process/processor-watch.ts'
import { median } from '../statistics.ts'
import type { RunningSystem, System } from '../systems/system.ts'
import type { Contender, Round, RoundContext } from './case.ts'

const mebibyte = 1024 * 1024
const queryMs = 120_000
const warmUpSeconds = 3
const connections = 16

/**
 * Queries over every record, one after the other, while GETs arrive at a fixed rate. Memory is compared with what the
 * process held under the same GETs before its first query, so that everything the first query needed counts.
 */
export function queryBesideGets(name: string, system: System, program: string): Contender {
  return {
    name,
    system,
    description:
      `POST /v1/query ${JSON.stringify(groupQuery)}, again and again, beside ` +
      `headgate bench --writes 0 --connections ${connections} (open loop, latency from the intended time of sending)`,
    writes: false,
    measure: (context) => measure(context, program, system.data?.records ?? 0),
  }
}

async function measure({ system, scale, seed }: RoundContext, program: string, records: number): Promise<Round> {
  const before = await system.counters()
  const memory = new MemoryWatch(system.pid)
  const gets = (seconds: number): Promise<OpenLoopReport> =>
    openLoop(program, system, { records, seconds, seed, rate: scale.besideQueriesPerSecond })
  try {
    const begun = performance.now()
    const alone = await gets(scale.shortSeconds)
    // The second half: by then the process has grown to what the GETs need.
    const usual = memory.medianSince((begun + performance.now()) / 2)
    const from = performance.now()
    const queries = new QueryLoop(system, records, warmUpSeconds * 1000)
    const watch = new ProcessorWatch(system.pid, process.pid)
    const beside = await gets(scale.shortSeconds)
    const times = await queries.stop()
    const shares = watch.finish(from, performance.now())
    const peak = memory.peakSince(from)
    const [quiet] = await timed(() => ask(system))
    const after = await system.counters()
    const done = alone.successes + beside.successes + times.length + 1
    return {
      figures: {
        growthMiB: (peak - usual) / mebibyte,
        getP99Ms: beside.p99Ms,
        getP99AloneMs: alone.p99Ms,
        getMaxMs: beside.maxMs,
        generatorLagP99Ms: beside.lagP99Ms,
        querySeconds: quiet / 1000,
        queryBesideGetsSeconds: median(times) / 1000,
        anonymousMiB: peak / mebibyte,
        ...(shares === undefined ? {} : { systemCpu: shares.system, foreignCpu: shares.foreign }),
      },
      problems: [
        ...openLoopProblems(alone),
        ...openLoopProblems(beside),
        ...queries.problems,
        ...contradictions(before, after, { requests: done, underWay: 0 }),
      ],
      heldBack: false,
    }
  } finally {
    memory.stop()
  }
}

/** `headgate bench` writes keys as wide as the largest needs; the prefix fills them up to the width of the records'. */
async function openLoop(
  program: string,
  { port }: RunningSystem,
  load: { readonly records: number; readonly seconds: number; readonly seed: number; readonly rate: number },
): Promise<OpenLoopReport> {
  const prefix = `key:${'0'.repeat(keyDigits - String(load.records - 1).length)}`
  const { output, errors, code } = await runToEnd(
    process.execPath,
    [
      ...[program, 'bench', '--json', '--quiet', '--target', `http://127.0.0.1:${port}`, '--writes', '0'],
      ...['--keys', String(load.records), '--key-prefix', prefix, '--rate', String(load.rate)],
      ...['--connections', String(connections), '--duration', `${load.seconds}s`, '--warmup', `${warmUpSeconds}s`],
      ...['--seed', String(load.seed)],
    ],
    { ms: (load.seconds + warmUpSeconds) * 1000 + 60_000 },
  )
  // It ends with 1 when nothing was answered, and says so in its output.
  if (code !== 0 && !output.startsWith('{')) throw new Error(`headgate bench failed: ${errors}${output}`)
  return parseOpenLoop(output)
}

/** Asks one query after the other until it is stopped, and checks every answer. */
class QueryLoop {
  readonly problems: string[] = []
  private stopped = false
  private readonly times: number[] = []
  private readonly finished: Promise<void>

  /** `delayMs`: the first query comes as the measured time of the GETs begins, so that it counts too. */
  constructor(system: RunningSystem, records: number, delayMs: number) {
    const expected = JSON.stringify(expectedGroups(records))
    this.finished = pause(delayMs).then(() => this.run(system, expected))
  }

  /** Waits for the query that is under way; the time of each, in milliseconds. */
  async stop(): Promise<readonly number[]> {
    this.stopped = true
    await this.finished
    return this.times
  }

  private async run(system: RunningSystem, expected: string): Promise<void> {
    try {
      do {
        const [ms, answer] = await timed(() => ask(system))
        this.times.push(ms)
        if (answer !== expected) this.problems.push(`a query was answered wrongly: ${answer.slice(0, 200)}`)
      } while (!this.stopped)
    } catch (error) {
      this.problems.push(`a query failed: ${(error as Error).message}`)
    }
  }
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [ms: number, result: T]> {
  const from = performance.now()
  const result = await work()
  return [performance.now() - from, result]
}

/** The groups as JSON text, in the form of `expectedGroups`. */
async function ask({ port }: RunningSystem): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/query`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(groupQuery),
    signal: AbortSignal.timeout(queryMs),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status} ${text}`)
  const { groups } = JSON.parse(text) as {
    groups: readonly { group: { group: string }; values: { count: number; total: number } }[]
  }
  const found = groups.map(({ group: { group }, values: { count, total } }) => ({ group, count, total }))
  return JSON.stringify(found.sort((a, b) => (a.group < b.group ? -1 : 1)))
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keyOf } from '../data/records.ts'
import { within } from '../process/patience.ts'
import { generatorCpu, PinnedProcess } from '../process/pinned-process.ts'
import type { RunningSystem } from '../systems/system.ts'
import { sizesOfAnswers } from './answer-size.ts'
import type { HttpRequest } from './http-requests.ts'
import { connections, type Load, type LoadOutcome, type LoadPlan } from './load.ts'
import { parseWrk, wrkProblems } from './wrk-report.ts'

const script = 'bench/load/requests.lua'
const timeout = '5s'
const patienceMs = 60_000
const probes = 32

/** wrk on one thread, keys uniform over the first `keys`. */
export function httpLoad(request: HttpRequest, keys: number, clients = connections): Load {
  return {
    description: `wrk -t1 -c${clients} --timeout ${timeout} -s ${script}: ${request.summary}, ${keys} keys`,
    writes: request.writes,
    inFlight: clients,
    ...(request.durableBytesEach === undefined ? {} : { durableBytesEach: request.durableBytesEach }),
    run: (system, plan) => run(system, plan, request, keys, clients),
  }
}

async function run(
  system: RunningSystem,
  { seconds, seed, folder, onStart }: LoadPlan,
  request: HttpRequest,
  keys: number,
  clients: number,
): Promise<LoadOutcome> {
  const answerBytes = await probe(system, request, keys)
  const template = join(folder, 'request.txt')
  writeFileSync(template, request.template(system.port), 'latin1')
  const lines: string[] = []
  const wrk = new PinnedProcess({
    program: 'wrk',
    args: [
      ...['-t1', `-c${clients}`, `-d${seconds}s`, '--timeout', timeout, '-s', script],
      ...[`http://127.0.0.1:${system.port}/`, '--', template, String(keys), String(seed)],
    ],
    cpu: generatorCpu,
    onLine: (line) => lines.push(line),
  })
  onStart(wrk.pid)
  try {
    await within(seconds * 1000 + patienceMs, 'wrk', wrk.ended)
  } finally {
    await wrk.stop()
  }
  const to = performance.now()
  const report = parseWrk(lines.join('\n'))
  return {
    requests: report.requests,
    rate: (report.requests * 1e6) / report.durationUs,
    latency: { p50Ms: report.p50Us / 1000, p99Ms: report.p99Us / 1000, maxMs: report.maxUs / 1000 },
    problems: wrkProblems(report, answerBytes),
    from: to - report.durationUs / 1000,
    to,
  }
}

/** Sends the request with a few keys over the whole range and sees that the answers are right ones. */
async function probe(system: RunningSystem, request: HttpRequest, keys: number) {
  const probed = Array.from({ length: probes }, (_, i) => keyOf(Math.floor((i * (keys - 1)) / (probes - 1))))
  const template = request.template(system.port)
  const answers = await sizesOfAnswers(
    system.port,
    probed.map((key) => fillKey(template, key)),
  )
  for (const [i, answer] of answers.entries()) {
    const problem = request.check(answer)
    if (problem !== undefined) throw new Error(`${request.summary}: ${problem} (${probed[i]})`)
  }
  const sizes = answers.map(({ bytes }) => bytes)
  return { min: Math.min(...sizes), max: Math.max(...sizes) }
}

/** As `requests.lua` does it. */
export function fillKey(template: string, key: string): string {
  return template.replace('{key64}', Buffer.from(key).toString('base64')).replace('{key}', key)
}

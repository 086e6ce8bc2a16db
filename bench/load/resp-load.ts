import { keyBytes } from '../data/records.ts'
import { pause, within } from '../process/patience.ts'
import { generatorCpu, PinnedProcess } from '../process/pinned-process.ts'
import type { RunningSystem } from '../systems/system.ts'
import { connections, type Load, type LoadOutcome, type LoadPlan } from './load.ts'
import { parseRedisBenchmark } from './redis-benchmark-report.ts'

export interface RespRequest {
  readonly command: 'get' | 'set'
  readonly pipeline: number
  readonly valueBytes: number
  readonly keys: number
  /** Writes must be in the log before they are answered. */
  readonly durable?: true
}

/** More than any run gets through. */
const endless = 2_000_000_000
const patienceMs = 60_000

/** redis-benchmark on one thread. It counts error replies as answers: what the system counts has to be looked at. */
export function respLoad(request: RespRequest): Load {
  const { command, pipeline, valueBytes, durable } = request
  const [lengthDigits, lineEnd] = [String(valueBytes).length, 2]
  return {
    description: `redis-benchmark ${argsOf(request).join(' ')}`,
    writes: command === 'set',
    inFlight: connections * pipeline,
    replyBytesEach: command === 'set' ? '+OK\r\n'.length : 1 + lengthDigits + lineEnd + valueBytes + lineEnd,
    ...(durable === true ? { durableBytesEach: keyBytes + valueBytes } : {}),
    run: (system, plan) => run(system, plan, request),
  }
}

function argsOf({ command, pipeline, valueBytes, keys }: RespRequest): readonly string[] {
  return [
    '-t',
    command,
    '-r',
    String(keys),
    '-d',
    String(valueBytes),
    '-c',
    String(connections),
    '-P',
    String(pipeline),
  ]
}

async function run(
  system: RunningSystem,
  { seconds, exactTime, expectedRate, onStart }: LoadPlan,
  request: RespRequest,
): Promise<LoadOutcome> {
  const cutOff = exactTime || expectedRate === undefined
  const count = cutOff ? endless : Math.max(1000, Math.round(expectedRate * seconds))
  let output = ''
  const from = performance.now()
  const generator = new PinnedProcess({
    program: 'redis-benchmark',
    args: ['-h', '127.0.0.1', '-p', String(system.respPort), ...argsOf(request), '-n', String(count)],
    cpu: generatorCpu,
    onLine: (line) => {
      output += `${line}\n`
    },
  })
  onStart(generator.pid)
  try {
    if (cutOff) await generator.outlives(pause(seconds * 1000))
    else await within(seconds * 4000 + patienceMs, 'redis-benchmark', generator.ended)
    if (!cutOff && generator.exitCode !== 0) throw new Error(`redis-benchmark failed: ${generator.lastWords}`)
  } finally {
    await generator.stop()
  }
  const to = performance.now()
  const report = parseRedisBenchmark(output)
  const elapsed = (to - from) / 1000
  return {
    requests: report.requests ?? Math.floor(report.rate * elapsed * certain),
    rate: report.rate,
    latency: report.latency,
    problems: [],
    from,
    to,
  }
}

/** A run that is cut off says how many it did a quarter of a second before at worst, and began a little after `from`. */
const certain = 0.9

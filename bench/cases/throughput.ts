import { type Claim, type Counters, contradictions } from '../counters/counters.ts'
import { jsonRecords } from '../data/records.ts'
import type { Load, LoadOutcome } from '../load/load.ts'
import { type ProcessorShares, ProcessorWatch } from '../process/processor-watch.ts'
import type { Scale } from '../scale.ts'
import type { RunningSystem, System } from '../systems/system.ts'
import type { Comparison, Contender, Round, RoundContext } from './case.ts'

/**
 * A generator waits for its next answers a little even where it is the bottleneck: beside systems that stay below
 * `systemBusy` it is seen at 0.87 to 0.96.
 */
const generatorBusy = 0.85
const systemBusy = 0.93

/** The generator, not the system, was the bottleneck. */
export function heldBack({ system, generator }: Pick<ProcessorShares, 'system' | 'generator'>): boolean {
  return generator >= generatorBusy && system < systemBusy
}

export interface Length {
  /** Seconds from the scale. */
  readonly of: (scale: Scale) => number
  /** See `LoadPlan.exactTime`. */
  readonly exactTime: boolean
}

export const short: Length = { of: ({ shortSeconds }) => shortSeconds, exactTime: false }
/** Writes from an empty buffer for a short time. */
export const burst: Length = { of: ({ shortSeconds }) => shortSeconds, exactTime: true }
export const sustained: Length = { of: ({ sustainedSeconds }) => sustainedSeconds, exactTime: true }

/**
 * What is left of Headgate's speed when its buffer is full, over a peer in the same half of a `sustained` run; and the
 * whole run, which holds the burst that the empty buffer took.
 */
export function overWhenFull(over: string): readonly Comparison[] {
  return [
    { name: over, figure: 'secondHalfRate', of: 'headgate', over },
    { name: `${over}-whole`, figure: 'rate', of: 'headgate', over },
  ]
}

/** A contender that answers a closed loop of requests as fast as it can. */
export function throughput(name: string, system: System, load: Load, length: Length): Contender {
  return {
    name,
    system,
    description: load.description,
    writes: load.writes,
    measure: (context) => measure(context, load, length),
  }
}

async function measure(context: RoundContext, load: Load, length: Length): Promise<Round> {
  const { system, folder, data, scale, seed } = context
  const plan = { exactTime: length.exactTime, folder }
  const warmUp = await load.run(system, {
    ...plan,
    seconds: scale.warmupSeconds,
    expectedRate: undefined,
    seed: seed + 1_000_000,
    onStart: () => undefined,
  })
  await system.settle()
  await data.sync()
  const seconds = length.of(scale)
  const before = await system.counters()
  const halfTime = new HalfTime(system, seconds)
  let watch: ProcessorWatch | undefined
  const outcome = await load.run(system, {
    ...plan,
    seconds,
    expectedRate: warmUp.rate,
    seed,
    onStart: (pid) => {
      watch = new ProcessorWatch(system.pid, pid)
      if (length === sustained) halfTime.begin()
    },
  })
  const after = await system.counters()
  const half = await halfTime.ended(after, outcome.to)
  const halfShare = half === undefined ? undefined : watch?.systemShare(half.from, outcome.to)
  const shares = watch?.finish(outcome.from, outcome.to)
  const claim: Claim = { requests: outcome.requests, ...claimOf(load) }
  return {
    figures: { ...figuresOf(outcome), ...sharesOf(shares, outcome.rate), ...halfFigures(half?.rate, halfShare) },
    problems: [...warmUp.problems, ...outcome.problems, ...contradictions(before, after, claim)],
    heldBack: shares !== undefined && heldBack(shares),
  }
}

function claimOf({ inFlight, replyBytesEach, durableBytesEach }: Load): Omit<Claim, 'requests'> {
  return {
    underWay: inFlight,
    ...(replyBytesEach === undefined ? {} : { replyBytesEach }),
    ...(durableBytesEach === undefined ? {} : { durableBytesEach }),
  }
}

function figuresOf({ rate, latency }: LoadOutcome): Record<string, number> {
  return latency === undefined ? { rate } : { rate, ...latency }
}

/** `perCpuSecond`: what one second of the processor is good for. Says something even where others take their share. */
function sharesOf(shares: ProcessorShares | undefined, rate: number): Record<string, number> {
  if (shares === undefined) return {}
  const { system, generator, foreign } = shares
  return { systemCpu: system, generatorCpu: generator, foreignCpu: foreign, perCpuSecond: rate / system }
}

function halfFigures(rate: number | undefined, share: number | undefined): Record<string, number> {
  if (rate === undefined) return {}
  return { secondHalfRate: rate, ...(share === undefined ? {} : { secondHalfPerCpuSecond: rate / share }) }
}

/** Counts once in the middle of a long run, to tell what is left of the speed in its second half. */
class HalfTime {
  private readonly system: RunningSystem
  private readonly seconds: number
  private counted: Promise<{ readonly at: number; readonly counters: Counters } | undefined> =
    Promise.resolve(undefined)

  constructor(system: RunningSystem, seconds: number) {
    this.system = system
    this.seconds = seconds
  }

  begin(): void {
    this.counted = new Promise((resolve) => {
      setTimeout(() => resolve(this.count()), this.seconds * 500)
    })
  }

  /** When the second half began and its answers a second; undefined where the middle was not counted in time. */
  async ended(after: Counters, to: number): Promise<{ readonly from: number; readonly rate: number } | undefined> {
    const middle = await this.counted
    if (middle?.counters.good === undefined || after.good === undefined) return undefined
    if (middle.at >= to) return undefined
    return { from: middle.at, rate: ((after.good - middle.counters.good) * 1000) / (to - middle.at) }
  }

  private async count() {
    try {
      return { counters: await this.system.counters(), at: performance.now() }
    } catch {
      return undefined
    }
  }
}

/** Loads a store that forgets when it stops. */
export async function fillVolatile({ data }: System, running: RunningSystem): Promise<void> {
  if (data?.volatile !== true) return
  await data.load(running, jsonRecords(data.records, data.valueBytes))
  await running.settle()
}

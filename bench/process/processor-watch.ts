import { readdirSync, readFileSync } from 'node:fs'
import { measuredCpu } from './pinned-process.ts'
import { isKernelThread, type ProcessorTimes, parseProcessorTimes, parseTaskTimes } from './proc-text.ts'

const everyMs = 100
/** What the kernel counts processor time in, for programs: USER_HZ, 100 on every Linux of our day. */
const ticksPerSecond = 100

interface Sample {
  readonly at: number
  readonly system: number
  readonly generator: number
  readonly processor: ProcessorTimes
}

/** Shares of one processor, 0..1, over a stretch of time. */
export interface ProcessorShares {
  /** Of the measured system and its children. */
  readonly system: number
  readonly generator: number
  /** Of the measured processor: what neither the system nor the kernel used. Another tenant of the machine. */
  readonly foreign: number
}

/** Watches how busy the two sides of a measurement are. */
export class ProcessorWatch {
  private readonly samples: Sample[] = []
  private readonly timer: NodeJS.Timeout
  private readonly systemPid: number
  private readonly generatorPid: number
  private readonly kernelBefore: ReadonlyMap<number, number>

  constructor(systemPid: number, generatorPid: number) {
    this.systemPid = systemPid
    this.generatorPid = generatorPid
    this.kernelBefore = kernelThreads()
    this.take()
    this.timer = setInterval(() => this.take(), everyMs)
    // A round that fails does not come to `finish`, and must not keep the bench from ending.
    this.timer.unref()
  }

  /** Ends watching; the shares between two moments of `performance.now()`, or undefined without two samples there. */
  finish(from: number, to: number): ProcessorShares | undefined {
    clearInterval(this.timer)
    const ends = this.ends(from, to)
    if (ends === undefined) return undefined
    const { first, last, ticks } = ends
    const system = (last.system - first.system) / ticks
    const { busy, interrupts } = difference(first.processor, last.processor)
    return {
      system,
      generator: (last.generator - first.generator) / ticks,
      foreign: Math.max(0, (busy - interrupts - this.kernelTicks()) / ticks - system),
    }
  }

  /** The share of the system alone in a part of what was watched, undefined without two samples there. */
  systemShare(from: number, to: number): number | undefined {
    const ends = this.ends(from, to)
    return ends === undefined ? undefined : (ends.last.system - ends.first.system) / ends.ticks
  }

  /** The first and the last sample between two moments, and how many ticks a processor has between these. */
  private ends(from: number, to: number) {
    const inside = this.samples.filter(({ at }) => at >= from && at <= to)
    const [first, last] = [inside[0], inside.at(-1)]
    if (first === undefined || last === undefined || last.at - first.at < everyMs / 2) return undefined
    return { first, last, ticks: ((last.at - first.at) / 1000) * ticksPerSecond }
  }

  /** Threads that write to disk for the system run where they like: all they did is taken to be for it, and here. */
  private kernelTicks(): number {
    let sum = 0
    for (const [pid, ticks] of kernelThreads()) sum += ticks - (this.kernelBefore.get(pid) ?? 0)
    return sum
  }

  private take(): void {
    try {
      const processor = parseProcessorTimes(readFileSync('/proc/stat', 'latin1'), measuredCpu)
      const generator = ticksOf(this.generatorPid)
      this.samples.push({ at: performance.now(), system: ticksWithChildren(this.systemPid), generator, processor })
    } catch {
      // One of them has just ended: what was seen until then counts.
    }
  }
}

/** Processor time of every thread of the kernel, by process id. */
function kernelThreads(): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
      if (isKernelThread(stat)) found.set(Number(name), parseTaskTimes(stat))
    } catch {
      // It has ended since the folder was read.
    }
  }
  return found
}

function difference(a: ProcessorTimes, b: ProcessorTimes): ProcessorTimes {
  return { busy: b.busy - a.busy, interrupts: b.interrupts - a.interrupts }
}

function ticksOf(pid: number): number {
  return parseTaskTimes(readFileSync(`/proc/${pid}/stat`, 'latin1'))
}

/** nginx works in a child. Throws if the process itself is gone. */
function ticksWithChildren(pid: number): number {
  const own = ticksOf(pid)
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean)
  return children.reduce((sum, child) => sum + ticksOrNone(Number(child)), own)
}

function ticksOrNone(pid: number): number {
  try {
    return ticksOf(pid)
  } catch {
    return 0
  }
}

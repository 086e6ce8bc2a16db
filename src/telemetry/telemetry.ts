import { initWebAssembly } from 'hdr-histogram-js'
import type { GatewayError } from '../errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Timer } from '../runtime/timers.ts'
import { LatencyBoard } from './latency.ts'
import { LoopMonitor } from './loop-monitor.ts'
import { type OperationClass, seriesNames } from './operation-class.ts'
import { RequestCounters } from './request-counters.ts'

const samplePeriodMs = 1000
const samplesInWindow = 10

const kindOf = {
  read: 'read',
  'multi-read': 'read',
  scan: 'read',
  query: 'read',
  write: 'write',
  'multi-write': 'write',
  batch: 'write',
  lease: 'write',
  other: 'other',
} as const satisfies Record<OperationClass, 'read' | 'write' | 'other'>

export interface RequestRates {
  readonly perSecond: number
  readonly readsPerSecond: number
  readonly writesPerSecond: number
}

interface Sample {
  readonly at: number
  readonly read: number
  readonly write: number
  readonly other: number
}

/** What one node measures about itself. The data plane calls `answered` and `failed`; everything else reads. */
export class Telemetry {
  readonly latency = new LatencyBoard(seriesNames.length)
  readonly requests = new RequestCounters(seriesNames.length)
  readonly loop = new LoopMonitor()
  /** Wall clock. */
  readonly startedAtMs: number
  private readonly runtime: Runtime
  private readonly samples: Sample[] = []
  private sampled = 0
  private readonly startedAt: number
  private timer: Timer | undefined

  private constructor(runtime: Runtime) {
    this.runtime = runtime
    this.startedAtMs = runtime.clock.wallMs()
    this.startedAt = runtime.clock.now()
    this.samples.push(this.count())
  }

  /** Sets up WebAssembly for the histograms first, the only place where Headgate's server does: some 60 ms, once. */
  static async create(runtime: Runtime): Promise<Telemetry> {
    await initWebAssembly()
    return new Telemetry(runtime)
  }

  start(): void {
    this.timer = this.runtime.timers.every(samplePeriodMs, () => this.sample())
  }

  /** The last thing of a node to stop: latencies are forgotten. */
  stop(): void {
    this.timer?.cancel()
    this.loop.close()
    this.latency.close()
  }

  /** `count` requests of a series were answered, each after `totalMs`, `queueMs` of it waiting. No allocation. */
  answered(series: number, totalMs: number, queueMs: number, count: number): void {
    this.requests.answered(series, count)
    this.latency.record(series, totalMs, queueMs, count)
  }

  /** One request of a series ended with an error. */
  failed(series: number, error: GatewayError): void {
    this.requests.failed(series, error)
  }

  get uptimeMs(): number {
    return this.runtime.clock.now() - this.startedAt
  }

  /** Over the last 10 s, or since the start if that is less. */
  rates(): RequestRates {
    const now = this.count()
    const past = this.samples[0]!
    const seconds = Math.max(0.001, (now.at - past.at) / 1000)
    const [reads, writes] = [now.read - past.read, now.write - past.write]
    return {
      perSecond: (reads + writes + now.other - past.other) / seconds,
      readsPerSecond: reads / seconds,
      writesPerSecond: writes / seconds,
    }
  }

  private sample(): void {
    this.loop.sample()
    this.samples.push(this.count())
    if (this.samples.length > samplesInWindow) this.samples.shift()
    if (++this.sampled % samplesInWindow !== 0) return
    this.latency.rotate()
    this.loop.rotate()
  }

  private count(): Sample {
    const sums = { read: 0, write: 0, other: 0 }
    for (const [series, { operation }] of seriesNames.entries()) sums[kindOf[operation]] += this.requests.ended(series)
    return { at: this.runtime.clock.now(), ...sums }
  }
}

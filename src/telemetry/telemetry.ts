import { initWebAssembly } from 'hdr-histogram-js'
import type { GatewayError } from '../errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Timer } from '../runtime/timers.ts'
import { LatencyBoard } from './latency.ts'
import { LoopMonitor } from './loop-monitor.ts'
import { classIndex, type OperationClass, operationClasses, seriesNames } from './operation-class.ts'
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

/** What one node measures about itself. The data plane calls `answered`, `failed`, `executed`; everything else reads. */
export class Telemetry {
  readonly latency = {
    /** From arrival to answer, of every answered request, by series (`seriesOf`). */
    total: new LatencyBoard(seriesNames.length),
    /** Waiting for a turn at a shard, and at the shard's store: samples, by `classIndex`. */
    queue: new LatencyBoard(operationClasses.length),
    store: new LatencyBoard(operationClasses.length),
  } as const
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
    for (const board of this.boards) board.close()
  }

  /** `count` requests of a series were answered, each `totalMs` after it arrived. No allocation. */
  answered(series: number, totalMs: number, count: number): void {
    this.requests.answered(series, count)
    this.latency.total.record(series, totalMs, count)
  }

  /**
   * A shard's store answered one request, or its part of one: `storeMs` after it was given it, before which it had
   * waited `waitedMs` for its turn. Whoever calls chooses the samples; the protocol is not known there. No allocation.
   */
  executed(operationClass: OperationClass, waitedMs: number, storeMs: number): void {
    const number = classIndex[operationClass]
    this.latency.queue.record(number, waitedMs, 1)
    this.latency.store.record(number, storeMs, 1)
  }

  /** One request of a series ended with an error. Its time is in no latency: fast 503s would pass for fast answers. */
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

  private get boards(): readonly LatencyBoard[] {
    return Object.values(this.latency)
  }

  private sample(): void {
    this.loop.sample()
    this.samples.push(this.count())
    if (this.samples.length > samplesInWindow) this.samples.shift()
    if (++this.sampled % samplesInWindow !== 0) return
    for (const board of this.boards) board.rotate()
    this.loop.rotate()
  }

  private count(): Sample {
    const sums = { read: 0, write: 0, other: 0 }
    for (const [series, { operation }] of seriesNames.entries()) sums[kindOf[operation]] += this.requests.ended(series)
    return { at: this.runtime.clock.now(), ...sums }
  }
}

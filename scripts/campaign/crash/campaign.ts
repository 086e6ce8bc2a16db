import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Random, seededRandom } from '../../../src/runtime/random.ts'
import { NodeProcess } from '../../process/node-process.ts'
import { HttpConnection } from '../http-connection.ts'
import { quantile } from '../quantile.ts'
import { RespConnection } from '../resp-connection.ts'
import type { Violation } from './history.ts'
import { HttpWriter } from './http-writer.ts'
import { Model, preloadedKey } from './model.ts'
import { preload } from './preload.ts'
import { RespWriter } from './resp-writer.ts'
import { checkCount, checkPreloaded, settleTouched } from './verify.ts'

export interface CrashOptions {
  readonly kills: number
  readonly records: number
  readonly shards: number
  readonly seed: number
  /** Of the node besides those of the campaign, `path` to `value`. */
  readonly settings?: Readonly<Record<string, string>>
  /** Bound on the time from starting the process to its first answered read; undefined: it is only measured. */
  readonly restartLimitMs: number | undefined
  /** Read every preloaded record at the end, not only samples. */
  readonly readAll: boolean
}

export interface CrashProgress {
  readonly phase: 'loading' | 'killing' | 'checking'
  readonly done: number
  readonly total: number
  readonly violations: number
}

export interface CrashResult {
  readonly options: CrashOptions
  readonly violations: readonly Violation[]
  readonly kills: number
  /** Of them while the node was still starting after the one before. */
  readonly killsWhileStarting: number
  readonly writes: { readonly sent: number; readonly acknowledged: number; readonly refused: number }
  /** Writes with an Idempotency-Key that were sent again after they had been answered. */
  readonly replayed: number
  readonly records: number
  /** From starting the process to the first answered read: wall clock, and processor time of the node alone. */
  readonly restartMs: Spread
  readonly restartCpuMs: Spread
  readonly exitCode: number | string
  readonly ok: boolean
}

export interface Spread {
  readonly median: number
  readonly max: number
  readonly all: readonly number[]
}

const respWriters = 4
const httpWriters = 4
const pipelineDepth = 64
const respKeys = 2000
const httpKeys = 40
const shortestLoadMs = 30
const longestLoadMs = 1200
/** The last load goes on until so many writes for each kill were acknowledged, for so many waits at most. */
const writesPerKill = 500
const longestWaits = 500
const sampled = 500
/** Each so many rounds the node is killed a second time while it starts. */
const roundsPerEarlyKill = 5
const longestEarlyKillMs = 900

/** Kills a node at random moments of a write load; see `CrashOptions`. Rejects if the node cannot be run at all. */
export async function crashCampaign(
  options: CrashOptions,
  onProgress: (progress: CrashProgress) => void = () => undefined,
): Promise<CrashResult> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headgate-crash-'))
  const campaign = new CrashCampaign(options, dataDir, onProgress)
  try {
    return await campaign.run()
  } finally {
    await campaign.end()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

class CrashCampaign {
  private readonly options: CrashOptions
  private readonly settings: Readonly<Record<string, string>>
  private readonly random: Random
  private readonly model: Model
  private readonly onProgress: (progress: CrashProgress) => void
  private readonly respWriters: readonly RespWriter[]
  private readonly httpWriters: readonly HttpWriter[]
  private readonly restartMs: number[] = []
  private readonly restartCpuMs: number[] = []
  private killsWhileStarting = 0
  private node: NodeProcess | undefined

  constructor(options: CrashOptions, dataDir: string, onProgress: (progress: CrashProgress) => void) {
    const { seed, records, shards } = options
    this.options = options
    this.settings = { 'node.dataDir': dataDir, 'sharding.shards': String(shards), ...options.settings }
    this.onProgress = onProgress
    this.random = seededRandom(seed)
    this.model = new Model(records)
    const { model, random } = this
    this.respWriters = Array.from({ length: respWriters }, (_, share) => {
      const settings = { name: `r${share}`, share, writers: respWriters, depth: pipelineDepth, keys: respKeys }
      return new RespWriter(settings, model, random)
    })
    this.httpWriters = Array.from({ length: httpWriters }, (_, i) => new HttpWriter(`w${i}`, httpKeys, model, random))
  }

  async run(): Promise<CrashResult> {
    const { kills, records, readAll } = this.options
    this.node = await NodeProcess.start(this.settings)
    let loaded = 0
    await preload(this.node.addresses.resp, records, (done) => {
      loaded += done
      if (loaded % 1000 === 0) this.progress('loading', loaded, records)
    })
    for (let kill = 1; kill <= kills; kill++) {
      await this.round(kill)
      this.progress('killing', kill, kills)
    }
    const exitCode = await this.node.stop()
    await this.restart(false)
    this.progress('checking', 0, 1)
    await this.check(readAll ? allIndexes(records) : this.samples())
    const last = await this.node.stop()
    return this.result(exitCode === 0 ? last : exitCode)
  }

  /** Ends the node if something went wrong before it was stopped. */
  async end(): Promise<void> {
    await this.node?.kill()
  }

  private async round(kill: number): Promise<void> {
    await this.loadAndKill(kill === this.options.kills)
    if (kill % roundsPerEarlyKill === 0) {
      this.killsWhileStarting++
      await NodeProcess.startAndKill(this.settings, this.random.integer(longestEarlyKillMs))
    }
    await this.restart(true)
    await this.check(this.samples())
  }

  private async loadAndKill(last: boolean): Promise<void> {
    const node = this.node!
    const { resp, http } = node.addresses
    const respConnections = await Promise.all(this.respWriters.map(() => RespConnection.open(resp)))
    const httpConnections = await Promise.all(this.httpWriters.map(() => HttpConnection.open(http)))
    for (const [i, writer] of this.respWriters.entries()) writer.start(respConnections[i]!)
    const running = this.httpWriters.map((writer, i) => writer.run(httpConnections[i]!))
    await pause(shortestLoadMs + this.random.integer(longestLoadMs - shortestLoadMs))
    if (last) await this.enoughSeen()
    await node.kill()
    // Answers that were on their way when the process died are answers.
    await Promise.all([...respConnections, ...httpConnections].map(({ closed }) => closed))
    await Promise.all(running)
    for (const writer of [...this.respWriters, ...this.httpWriters]) writer.stop()
  }

  /** Few kills on a slow machine could otherwise end before there was anything to lose. Bounded. */
  private async enoughSeen(): Promise<void> {
    const wanted = writesPerKill * this.options.kills
    for (let waits = 0; waits < longestWaits && (this.acknowledged < wanted || this.replayed === 0); waits++) {
      await pause(shortestLoadMs)
    }
  }

  private get acknowledged(): number {
    return sum([...this.respWriters, ...this.httpWriters].map(({ acknowledged }) => acknowledged))
  }

  private get replayed(): number {
    return sum(this.httpWriters.map(({ replayed }) => replayed))
  }

  /** Starts the node again and measures until a read is answered. */
  private async restart(afterCrash: boolean): Promise<void> {
    const node = await NodeProcess.start(this.settings)
    this.node = node
    const connection = await RespConnection.open(node.addresses.resp)
    await connection.ask('GET', preloadedKey(0))
    if (afterCrash) {
      this.restartMs.push(performance.now() - node.spawnedAt)
      this.restartCpuMs.push(node.cpuMs() ?? 0)
    }
    connection.close()
  }

  private async check(indexes: readonly number[]): Promise<void> {
    const { resp, http } = this.node!.addresses
    const connection = await RespConnection.open(resp)
    await settleTouched(connection, this.model)
    await checkPreloaded(connection, this.model, indexes)
    for (const writer of this.httpWriters) {
      const own = await HttpConnection.open(http)
      await writer.recover(own)
      await writer.settle(own)
      own.close()
    }
    await checkCount(connection, this.model)
    connection.close()
  }

  private samples(): readonly number[] {
    const { records } = this.options
    return Array.from({ length: Math.min(sampled, records) }, () => this.random.integer(records))
  }

  private progress(phase: CrashProgress['phase'], done: number, total: number): void {
    this.onProgress({ phase, done, total, violations: this.model.violations.length })
  }

  private result(exitCode: number | string): CrashResult {
    const { options, model, restartMs } = this
    const writers = [...this.respWriters, ...this.httpWriters]
    const { restartLimitMs } = options
    const restart = spreadOf(restartMs)
    return {
      options,
      violations: model.violations,
      kills: options.kills,
      killsWhileStarting: this.killsWhileStarting,
      writes: {
        sent: model.writes,
        acknowledged: this.acknowledged,
        refused: sum(writers.map(({ refused }) => refused)),
      },
      replayed: this.replayed,
      records: model.records,
      restartMs: restart,
      restartCpuMs: spreadOf(this.restartCpuMs),
      exitCode,
      ok:
        model.violations.length === 0 &&
        exitCode === 0 &&
        (restartLimitMs === undefined || restart.max < restartLimitMs),
    }
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

function spreadOf(all: readonly number[]): Spread {
  return { median: quantile(all, 0.5), max: Math.max(0, ...all), all }
}

function allIndexes(records: number): readonly number[] {
  return Array.from({ length: records }, (_, i) => i)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

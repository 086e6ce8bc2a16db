import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NodeProcess } from '../../process/node-process.ts'
import { preload } from '../crash/preload.ts'
import type { Attack } from './attack.ts'
import { type AttackerReport, attackFromOutside } from './attacker.ts'
import { askAdmin, HonestTraffic } from './honest-traffic.ts'
import { type AbuseBounds, brokenOffName, failuresOf, type Seen } from './judge.ts'
import { NodeWatch } from './node-watch.ts'

/** Attacks at the same time against one node, or none. */
export interface AbuseRun {
  readonly name: string
  readonly attacks: readonly Attack[]
  /** Whether each attack has to be seen to do what it is for: not where they take each other's connections. */
  readonly mustShow: boolean
  /** Above 0 and at most 1: share of the full number of connections. */
  readonly scale: number
  /** Of the node, before those of `AbuseOptions`. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface AbuseOptions {
  readonly runs: readonly AbuseRun[]
  /** Of each run. */
  readonly seconds: number
  /** Records that are there before. */
  readonly records: number
  readonly seed: number
  readonly bounds: AbuseBounds
  readonly settings?: Readonly<Record<string, string>>
}

/** One attack, or all at once, with honest traffic beside it. */
export interface AttackResult extends Seen {
  readonly name: string
  /** What was not as it must be, a sentence each; none: passed. */
  readonly failures: readonly string[]
}

export interface AbuseResult {
  readonly seconds: number
  readonly records: number
  readonly seed: number
  readonly bounds: AbuseBounds
  readonly results: readonly AttackResult[]
  readonly ok: boolean
}

export const attackerSources: readonly string[] = Array.from({ length: 8 }, (_, i) => `127.0.0.${i + 2}`)
const honestSource = '127.0.0.10'
const honestPerSecond = 200
const warmUpMs = 1500
const settleLimitMs = 180_000
const readyLimitMs = 10_000
const quietSeconds = 10

/** No attack, which shows what this machine does by itself; each attack alone; with `together`, all at once. */
export function runsOf(attacks: readonly Attack[], scale: number, together: boolean): readonly AbuseRun[] {
  return [
    { name: 'none', attacks: [], mustShow: true, scale },
    ...attacks.map((attack) => ({ name: attack.name, attacks: [attack], mustShow: true, scale })),
    ...(together ? [{ name: 'all together', attacks, mustShow: false, scale }] : []),
  ]
}

/** Runs attacks against real nodes, each run against a fresh process on the same data. */
export async function abuseCampaign(
  options: AbuseOptions,
  onResult: (result: AttackResult) => void = () => undefined,
  onPhase: (what: string) => void = () => undefined,
): Promise<AbuseResult> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headgate-abuse-'))
  const results: AttackResult[] = []
  const { runs, bounds, seconds, records, seed } = options
  try {
    onPhase(`loading ${records} records`)
    await load(dataDir, options)
    for (const run of runs) {
      onPhase(run.name)
      const result = await new Run(run, dataDir, options).run()
      results.push(result)
      onResult(result)
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
  return { seconds, records, seed, bounds, results, ok: results.every(({ failures }) => failures.length === 0) }
}

async function load(dataDir: string, { records, settings }: AbuseOptions): Promise<void> {
  const node = await NodeProcess.start({ 'node.dataDir': dataDir, ...settings })
  try {
    await preload(node.addresses.resp, records, () => undefined)
    await settles(node)
    await node.stop()
  } finally {
    await node.kill()
  }
  // What the system still has to write would be in the way of the syncs of the first runs.
  execFileSync('sync')
}

/** Resolves once the engine has taken what the log holds. */
async function settles(node: NodeProcess): Promise<void> {
  const limit = performance.now() + settleLimitMs
  while (performance.now() < limit) {
    const { body } = await askAdmin(node.addresses.admin, '/metrics', honestSource)
    const backlog = [...body.matchAll(/^headgate_store_backlog_entries\{[^}]*\} (\S+)$/gm)]
    if (backlog.length > 0 && backlog.every((match) => Number(match[1]) === 0)) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`the engine did not take the records that were loaded within ${settleLimitMs} ms`)
}

class Run {
  private readonly what: AbuseRun
  private readonly dataDir: string
  private readonly options: AbuseOptions

  constructor(what: AbuseRun, dataDir: string, options: AbuseOptions) {
    this.what = what
    this.dataDir = dataDir
    this.options = options
  }

  async run(): Promise<AttackResult> {
    const { what, options, dataDir } = this
    const wanted = what.attacks.map((each) => each.settings?.(options.seconds) ?? {})
    const settings = Object.assign({}, ...wanted, what.settings, options.settings)
    const node = await NodeProcess.start({ 'node.dataDir': dataDir, ...settings })
    try {
      return await this.against(node)
    } finally {
      await node.kill()
    }
  }

  private async against(node: NodeProcess): Promise<AttackResult> {
    const { what, options } = this
    const { name, attacks, scale, mustShow } = what
    const { seconds, seed } = options
    const honest = new HonestTraffic(node.addresses, honestSource, honestPerSecond)
    const watch = new NodeWatch(node, honestSource)
    await honest.start()
    await new Promise((resolve) => setTimeout(resolve, warmUpMs))
    honest.forget()
    const names = attacks.map((attack) => attack.name)
    const order = {
      attacks: names,
      addresses: node.addresses,
      sources: attackerSources,
      seconds,
      scale,
      seed,
      mustShow,
    }
    const got = attacks.length === 0 ? await nothing(seconds) : await attackFromOutside(order).catch(brokenOff)
    const report = await honest.stop()
    const readyMs = await becomesReady(node)
    const seen = await watch.stop(readyMs)
    const failures = failuresOf(what, { got, honest: report, node: seen }, options.bounds)
    return { name, got, honest: report, node: seen, failures }
  }
}

/** Attackers that do not come to an end: somebody has left them without an answer. */
function brokenOff(error: Error): AttackerReport {
  return { [brokenOffName]: { outcomes: {}, problems: [error.message] } }
}

async function nothing(seconds: number): Promise<AttackerReport> {
  await new Promise((resolve) => setTimeout(resolve, 1000 * Math.min(quietSeconds, seconds)))
  return {}
}

/** Time until `/readyz` answers 200 behind the attack; undefined if it does not. */
async function becomesReady(node: NodeProcess): Promise<number | undefined> {
  const startedAt = performance.now()
  while (node.alive && performance.now() - startedAt < readyLimitMs) {
    const { status } = await askAdmin(node.addresses.admin, '/readyz', honestSource)
    if (status === 200) return performance.now() - startedAt
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return undefined
}

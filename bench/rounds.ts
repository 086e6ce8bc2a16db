import type { Case, Contender, Round } from './cases/case.ts'
import { fillVolatile } from './cases/throughput.ts'
import type { DataFolders } from './data/data-folders.ts'
import { installed } from './process/pinned-process.ts'
import type { Scale } from './scale.ts'

export interface ContenderResult {
  readonly name: string
  readonly system: string
  readonly description: string
  /** Why it did not run. */
  readonly skipped: string | undefined
  readonly rounds: readonly Round[]
}

export interface CaseResult {
  readonly name: string
  readonly title: string
  readonly contenders: readonly ContenderResult[]
}

export interface Watcher {
  onPrepared(store: string, seconds: number): void
  onRound(ended: {
    readonly case: string
    readonly contender: string
    readonly round: number
    readonly result: Round
  }): void
}

/**
 * Carries out the rounds of one case, its contenders taking turns; which of them begins changes with every round. A round
 * that fails is a round with a problem.
 */
export async function runCase(
  { name, title, contenders }: Case,
  { data, scale, watcher }: { readonly data: DataFolders; readonly scale: Scale; readonly watcher: Watcher },
): Promise<CaseResult> {
  const taking = contenders.map((contender) => ({ contender, skipped: whySkipped(contender), rounds: [] as Round[] }))
  const running = taking.filter(({ skipped }) => skipped === undefined)
  for (let round = 1; round <= scale.rounds; round++) {
    for (const { contender, rounds } of inTurn(running, round)) {
      const result = await runRound(contender, round, { data, scale, watcher })
      rounds.push(result)
      watcher.onRound({ case: name, contender: contender.name, round, result })
    }
  }
  const results = taking.map(({ contender, skipped, rounds }) => ({
    name: contender.name,
    system: contender.system.name,
    description: contender.description,
    skipped,
    rounds,
  }))
  return { name, title, contenders: results }
}

/** The order of a round, from 1: it begins with the first, the next one with the second, and so on, and goes round. */
export function inTurn<T>(all: readonly T[], round: number): readonly T[] {
  const first = all.length === 0 ? 0 : (round - 1) % all.length
  return [...all.slice(first), ...all.slice(0, first)]
}

function whySkipped({ system }: Contender): string | undefined {
  return installed(system.program) ? undefined : `${system.program} is not installed`
}

async function runRound(
  contender: Contender,
  round: number,
  { data, scale, watcher }: { readonly data: DataFolders; readonly scale: Scale; readonly watcher: Watcher },
): Promise<Round> {
  const { system } = contender
  try {
    const seconds = await data.prepare(system)
    if (seconds !== undefined) watcher.onPrepared(system.data?.name ?? system.name, seconds)
    const { folder, release } = await data.take(system, contender.writes)
    try {
      const running = await system.start(folder)
      try {
        await fillVolatile(system, running)
        return await contender.measure({ system: running, folder, data, scale, seed: round })
      } finally {
        await (contender.writes ? running.kill() : running.stop())
      }
    } finally {
      release()
    }
  } catch (error) {
    return { figures: {}, problems: [(error as Error).message], heldBack: false }
  }
}

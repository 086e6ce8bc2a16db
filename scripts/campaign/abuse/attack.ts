import type { Random } from '../../../src/runtime/random.ts'
import type { Addresses } from '../../process/node-process.ts'

/** What an attack may use. It ends by itself at `deadline`, a few seconds later at most. */
export interface AttackContext {
  readonly addresses: Addresses
  /** Loopback addresses that connections come from, in turn. */
  readonly sources: readonly string[]
  /** Monotonic time. */
  readonly deadline: number
  /** Above 0 and at most 1: share of the full number of connections. */
  readonly scale: number
  readonly random: Random
  readonly tally: Tally
}

/** `must`: the attack proves nothing if nobody sees it. `may`: also right. Anything else is a wrong answer. */
export type Expectation = 'must' | 'may'

export interface Attack {
  readonly name: string
  /** One sentence: what is done. */
  readonly what: string
  /** What clients of it may get, and what some must get. */
  readonly expects: Readonly<Record<string, Expectation>>
  /** Settings without which the attack could not be made, or not be seen to end within `seconds`. */
  settings?(seconds: number): Readonly<Record<string, string>>
  run(context: AttackContext): Promise<void>
}

export interface TallyReport {
  readonly outcomes: Readonly<Record<string, number>>
  /** What was answered wrongly, a sentence each; bounded. */
  readonly problems: readonly string[]
}

const keptProblems = 20

/** What anybody may get where attacks take each other's connections: the refusal may be lost with what was not read. */
const turnedAway: readonly string[] = ['refused', 'closed', 'no connection']

/** What an attack got, by name, with how often. */
export class Tally {
  private readonly outcomes = new Map<string, number>()
  private readonly problems: string[] = []

  count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
  }

  problem(text: string): void {
    if (this.problems.length < keptProblems && !this.problems.includes(text)) this.problems.push(text)
  }

  report(): TallyReport {
    return { outcomes: Object.fromEntries([...this.outcomes].sort()), problems: this.problems }
  }
}

/**
 * What is wrong with what an attack got; with `mustShow` also what nobody got, although somebody must. Without it others
 * attack at the same time.
 */
export function misses(attack: Attack, report: TallyReport, mustShow: boolean): readonly string[] {
  const { expects } = attack
  const { outcomes, problems } = report
  const allowed = mustShow ? [] : turnedAway
  const unexpected = Object.keys(outcomes).filter((name) => expects[name] === undefined && !allowed.includes(name))
  return [
    ...problems,
    ...unexpected.map((name) => `${outcomes[name]} got "${name}"`),
    ...(mustShow ? notShown(attack, report).map((name) => `nobody got "${name}"`) : []),
  ]
}

/** What somebody must get of an attack and nobody got. */
export function notShown({ expects }: Attack, { outcomes }: TallyReport): readonly string[] {
  return Object.keys(expects).filter((name) => expects[name] === 'must' && outcomes[name] === undefined)
}

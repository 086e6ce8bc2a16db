import type { DataFolders } from '../data/data-folders.ts'
import type { Scale } from '../scale.ts'
import type { RunningSystem, System } from '../systems/system.ts'

/** What one round of one contender came to. */
export interface Round {
  /** By name: `rate` (a second), `p99Ms`, and so on; units last. What ends in `Cpu` is a share of one processor. */
  readonly figures: Readonly<Record<string, number>>
  /** Reasons why it is invalid. */
  readonly problems: readonly string[]
  /** The load generator was the bottleneck, so the system could have done more. */
  readonly heldBack: boolean
}

export interface RoundContext {
  readonly system: RunningSystem
  readonly folder: string
  readonly data: Pick<DataFolders, 'sync'>
  readonly scale: Scale
  /** The same for all contenders of a round. */
  readonly seed: number
}

/** One side of a case: a system and what is done to it. */
export interface Contender {
  readonly name: string
  readonly system: System
  /** What is done, for people: the command line. */
  readonly description: string
  readonly writes: boolean
  measure(context: RoundContext): Promise<Round>
}

/** A figure that matters: of one contender over another, or of one alone. Without a floor it is for information. */
export interface Comparison {
  readonly name: string
  readonly figure: string
  readonly of: string
  /** Undefined: the figure itself, no ratio. */
  readonly over?: string
}

export interface Case {
  readonly name: string
  readonly title: string
  /** In the order in which they take turns in the first round; each later round begins one further. */
  readonly contenders: readonly Contender[]
  readonly comparisons: readonly Comparison[]
}

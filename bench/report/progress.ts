import type { Round } from '../cases/case.ts'
import type { Watcher } from '../rounds.ts'
import { number } from './figures.ts'

/** A line for each round as it ends: a full run takes the better part of an hour. */
export class Progress implements Watcher {
  private readonly total: number
  private readonly print: (line: string) => void
  private done = 0

  constructor(total: number, print: (line: string) => void) {
    this.total = total
    this.print = print
  }

  onPrepared(store: string, seconds: number): void {
    this.print(`  loaded ${store} in ${seconds.toFixed(0)} s`)
  }

  onRound(ended: { readonly contender: string; readonly round: number; readonly result: Round }): void {
    const { contender, round, result } = ended
    const count = String(++this.done).padStart(String(this.total).length)
    this.print(`  [${count}/${this.total}] round ${round} ${contender.padEnd(11)} ${roundText(result)}`)
  }
}

/** A round in one line. */
export function roundText({ figures, problems, heldBack }: Round): string {
  const { rate, p99Ms, systemCpu, generatorCpu, foreignCpu } = figures
  const share = (value: number | undefined): string => (value === undefined ? '-' : `${(value * 100).toFixed(0)} %`)
  const parts =
    rate === undefined
      ? Object.entries(figures).map(([name, value]) => `${name} ${number(value)}`)
      : [
          `${Math.round(rate)}/s`,
          ...(p99Ms === undefined ? [] : [`p99 ${number(p99Ms)} ms`]),
          `CPU ${share(systemCpu)}, others ${share(foreignCpu)}, generator ${share(generatorCpu)}`,
        ]
  const noted = [
    ...problems.map((problem) => `INVALID: ${problem}`),
    ...(heldBack ? ['the generator was the bottleneck'] : []),
  ]
  return [...parts, ...noted].join('; ')
}

import type { SimEntry } from '../sim-disk.ts'
import type { Report } from './violations.ts'

/**
 * Invariants: what one node takes for committed, every node takes for committed; and it is in the log of every later
 * leader.
 */
export class CommittedStays {
  /** Entry `index` is at `index - 1`. */
  readonly #committed: { readonly entry: SimEntry; readonly by: string }[] = []
  readonly #report: Report

  constructor(report: Report) {
    this.#report = report
  }

  get count(): number {
    return this.#committed.length
  }

  commits(node: string, entry: SimEntry): void {
    const known = this.#committed[entry.index - 1]
    if (known === undefined) {
      if (entry.index !== this.#committed.length + 1) {
        this.#report('committed-stays', `${node} committed entry ${entry.index} before those before it`)
      }
      this.#committed[entry.index - 1] = { entry, by: node }
    } else if (!isSame(known.entry, entry)) {
      this.#report(
        'committed-stays',
        `entry ${entry.index}: ${textOf(known.entry)} by ${known.by}, ${textOf(entry)} by ${node}`,
      )
    }
  }

  leads(node: string, epoch: number, log: readonly SimEntry[]): void {
    for (const { entry, by } of this.#committed) {
      if (entry.epoch >= epoch) return
      const own = log[entry.index - 1]
      if (own !== undefined && isSame(own, entry)) continue
      return this.#report(
        'leader-completeness',
        `${node} leads epoch ${epoch} without ${textOf(entry)}, committed by ${by}`,
      )
    }
  }
}

function isSame(a: SimEntry, b: SimEntry): boolean {
  return a.epoch === b.epoch && a.index === b.index && a.write?.id === b.write?.id
}

export function textOf({ epoch, index, write }: SimEntry): string {
  return `${epoch}/${index}${write === undefined ? ' (barrier)' : ` (write ${write.id})`}`
}

import type { Report } from './violations.ts'

/** Invariant: at most one node leads, and commits in, an epoch. */
export class OneLeaderPerEpoch {
  readonly #leaders = new Map<number, string>()
  readonly #report: Report

  constructor(report: Report) {
    this.#report = report
  }

  leads(node: string, epoch: number): void {
    const known = this.#leaders.get(epoch)
    if (known === undefined) this.#leaders.set(epoch, node)
    else if (known !== node) this.#report('one-leader-per-epoch', `${known} and ${node} both led epoch ${epoch}`)
  }
}

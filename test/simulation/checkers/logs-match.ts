import type { SimEntry } from '../sim-disk.ts'
import { textOf } from './committed-stays.ts'
import type { Report } from './violations.ts'

/** Invariant: logs that agree at a position agree before it. */
export function checkLogsMatch(logs: ReadonlyMap<string, readonly SimEntry[]>, report: Report): void {
  const nodes = [...logs]
  for (const [i, [a, mine]] of nodes.entries()) {
    for (const [b, theirs] of nodes.slice(i + 1)) {
      let agreed = Math.min(mine.length, theirs.length)
      while (agreed > 0 && mine[agreed - 1]!.epoch !== theirs[agreed - 1]!.epoch) agreed--
      for (let place = agreed - 1; place >= 0; place--) {
        const [one, other] = [mine[place]!, theirs[place]!]
        if (one.epoch === other.epoch && one.write?.id === other.write?.id) continue
        report('logs-match', `${a} has ${textOf(one)}, ${b} has ${textOf(other)}, and both agree later`)
        break
      }
    }
  }
}

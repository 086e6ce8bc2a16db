import type { Report } from './violations.ts'

/** What a client saw of one operation on a register. Times are virtual; values are written once each, 0 at first. */
export interface Seen {
  readonly kind: 'write' | 'read'
  readonly client: string
  readonly key: number
  readonly value: number
  readonly from: number
  /** Infinite while the outcome is not known. */
  readonly until: number
}

interface Zone {
  readonly value: number
  /** Earliest end of an operation on the value, and latest begin of one. */
  readonly ended: number
  readonly begun: number
}

/**
 * Whether operations on registers, each value written once, could have happened one after the other, each at a moment
 * between its begin and its end (Gibbons and Korach, "Testing Shared Memories", 1997, section 4): every value has a zone,
 * from the earliest end to the latest begin of its operations. Where it ends before it begins the value must have been
 * there in between, and two such zones must not overlap, nor may the zone of another value lie inside of one.
 */
export function checkLinearizable(history: readonly Seen[], report: Report): void {
  const keys = new Set(history.map(({ key }) => key))
  for (const key of keys)
    checkRegister(
      key,
      history.filter((seen) => seen.key === key),
      report,
    )
}

function checkRegister(key: number, history: readonly Seen[], report: Report): void {
  const byValue = new Map<number, Seen[]>([[0, [{ kind: 'write', client: '', key, value: 0, from: -1, until: -1 }]]])
  for (const seen of history) byValue.set(seen.value, [...(byValue.get(seen.value) ?? []), seen])
  const zones: Zone[] = []
  for (const [value, all] of byValue) {
    const write = all.find(({ kind }) => kind === 'write')
    if (write === undefined) {
      report('linearizable', `${value} was read from register ${key} and never written`)
      continue
    }
    const early = all.find(({ kind, until }) => kind === 'read' && until < write.from)
    if (early !== undefined) report('linearizable', `${value} was read from register ${key} before it was written`)
    // Nobody saw it, nobody knows: it may never have happened.
    if (all.length === 1 && write.until === Number.POSITIVE_INFINITY) continue
    zones.push({
      value,
      ended: Math.min(...all.map(({ until }) => until)),
      begun: Math.max(...all.map(({ from }) => from)),
    })
  }
  checkZones(key, zones, report)
}

function checkZones(key: number, zones: readonly Zone[], report: Report): void {
  const forward = zones.filter(({ ended, begun }) => ended < begun).sort((a, b) => a.ended - b.ended)
  for (const [i, zone] of forward.entries()) {
    const next = forward[i + 1]
    if (next !== undefined && next.ended < zone.begun) {
      report('linearizable', `register ${key} had the values ${zone.value} and ${next.value} at the same time`)
    }
  }
  for (const { value, ended, begun } of zones) {
    if (ended < begun) continue
    const around = forward.find((zone) => zone.ended < begun && ended < zone.begun)
    if (around !== undefined) {
      report('linearizable', `${value} came and went in register ${key} while it had the value ${around.value}`)
    }
  }
}

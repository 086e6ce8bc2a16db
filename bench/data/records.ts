import type { RecordSource } from '../systems/system.ts'

/** Keys as redis-benchmark makes them: `key:` and twelve digits. */
export const keyDigits = 12
export const keyBytes = 4 + keyDigits
const groups = 20
const amounts = 10_000

export interface RecordFields {
  readonly id: number
  readonly group: string
  readonly amount: number
}

export function keyOf(index: number): string {
  return `key:${String(index).padStart(keyDigits, '0')}`
}

/** What record number `index` says; mixed so that neighbours differ. Multipliers: Knuth's 2654435761 and 40503. */
export function fieldsOf(index: number): RecordFields {
  const group = (Math.imul(index, 40503) >>> 7) % groups
  const amount = (Math.imul(index, 2654435761) >>> 9) % amounts
  return { id: index, group: `g${String(group).padStart(2, '0')}`, amount }
}

/** JSON objects of exactly `valueBytes` bytes, filled up with a text. Throws if the fields do not fit. */
export function jsonRecords(count: number, valueBytes: number): RecordSource {
  return {
    count,
    valueBytes,
    key: keyOf,
    value: (index) => {
      const bare = JSON.stringify({ ...fieldsOf(index), note: '' })
      return bare.replace('""', `"${'x'.repeat(valueBytes - bare.length)}"`)
    },
  }
}

/** The question of the query case: how many and how much in every group, of the records below an amount. */
export const belowAmount = 5_000

export const groupQuery = {
  where: { amount: { $lt: belowAmount } },
  groupBy: ['group'],
  aggregate: { count: { count: '*' }, total: { sum: 'amount' }, mean: { avg: 'amount' } },
}

export interface GroupAnswer {
  readonly group: string
  readonly count: number
  readonly total: number
}

/** The right answer, from a plain loop, by group. */
export function expectedGroups(count: number): readonly GroupAnswer[] {
  const found = new Map<string, { count: number; total: number }>()
  for (let index = 0; index < count; index++) {
    const { group, amount } = fieldsOf(index)
    if (amount >= belowAmount) continue
    const sum = found.get(group) ?? { count: 0, total: 0 }
    found.set(group, { count: sum.count + 1, total: sum.total + amount })
  }
  return [...found].map(([group, sums]) => ({ group, ...sums })).sort((a, b) => (a.group < b.group ? -1 : 1))
}

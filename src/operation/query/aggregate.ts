import { compileReader } from './field-path.ts'
import { bytesOf, checkNesting, type Json } from './json-value.ts'
import { compareValues } from './order.ts'
import type { Aggregate, PartialGroup } from './query.ts'
import { type Steps, unmetered } from './steps.ts'

/**
 * How one aggregate lives in a group: `count` takes one number, `sum` two (high and low part), `avg` three (those and
 * the count), `min` and `max` one extreme.
 */
export interface AggregateSlot {
  readonly width: number
  /** Takes one record in; answers by how many bytes the group grew. */
  take(group: PartialGroup, value: Json): number
  /** Takes another shard's part of the same group in; answers likewise. */
  join(group: PartialGroup, other: PartialGroup): number
  result(group: PartialGroup): Json
}

export interface AggregateSlots {
  readonly slots: readonly AggregateSlot[]
  readonly numbers: number
  readonly extremes: number
}

/** Lays the aggregates of a query out; the same query gives the same layout everywhere. `steps` counts extremes. */
export function aggregateSlots(aggregates: readonly Aggregate[], steps: Steps = unmetered): AggregateSlots {
  let numbers = 0
  let extremes = 0
  const slots = aggregates.map((aggregate) => {
    const extreme = aggregate.kind === 'min' || aggregate.kind === 'max'
    const slot = extreme ? extremeSlot(aggregate, extremes, steps) : numberSlots[aggregate.kind](aggregate, numbers)
    if (extreme) extremes += slot.width
    else numbers += slot.width
    return slot
  })
  return { slots, numbers, extremes }
}

/** `count: field` counts records where the field is there and not null; `count: "*"` all of them. */
function countSlot({ path }: Aggregate, at: number): AggregateSlot {
  const read = path === undefined ? undefined : compileReader(path)
  return {
    width: 1,
    take({ numbers }, value) {
      if (read === undefined || (read(value) ?? null) !== null) numbers[at]!++
      return 0
    },
    join({ numbers }, other) {
      numbers[at]! += other.numbers[at]!
      return 0
    },
    result: ({ numbers }) => numbers[at]!,
  }
}

/** Numbers only; anything else is passed over. Nothing sums to 0. */
function sumSlot({ path }: Aggregate, at: number): AggregateSlot {
  const read = compileReader(path!)
  return {
    width: 2,
    take({ numbers }, value) {
      const number = read(value)
      if (typeof number === 'number') addTo(numbers, at, number)
      return 0
    },
    join: ({ numbers }, other) => joinSums(numbers, other.numbers, at),
    result: ({ numbers }) => finite(numbers[at]! + numbers[at + 1]!),
  }
}

/** Numbers only; the average of none is null. */
function averageSlot({ path }: Aggregate, at: number): AggregateSlot {
  const read = compileReader(path!)
  return {
    width: 3,
    take({ numbers }, value) {
      const number = read(value)
      if (typeof number !== 'number') return 0
      addTo(numbers, at, number)
      numbers[at + 2]!++
      return 0
    },
    join({ numbers }, other) {
      numbers[at + 2]! += other.numbers[at + 2]!
      return joinSums(numbers, other.numbers, at)
    },
    result: ({ numbers }) =>
      numbers[at + 2] === 0 ? null : finite((numbers[at]! + numbers[at + 1]!) / numbers[at + 2]!),
  }
}

/** Null and missing are passed over; other values go by the order of types. The extreme of nothing is null. */
function extremeSlot({ kind, path }: Aggregate, at: number, steps: Steps): AggregateSlot {
  const read = compileReader(path!)
  const sign = kind === 'min' ? -1 : 1
  const offer = (extremes: Json[], value: Json | undefined) => {
    if (value === undefined || value === null) return 0
    const best = extremes[at]!
    if (best !== null && compareValues(value, best, steps) * sign <= 0) return 0
    checkNesting(value)
    extremes[at] = value
    return bytesOf(value, steps) - bytesOf(best, steps)
  }
  return {
    width: 1,
    take: ({ extremes }, value) => offer(extremes, read(value)),
    join: ({ extremes }, other) => offer(extremes, other.extremes[at]),
    result: ({ extremes }) => extremes[at]!,
  }
}

const numberSlots = { count: countSlot, sum: sumSlot, avg: averageSlot } as const

/**
 * Adds with the rounding error kept in a second number (Neumaier's variant of Kahan summation: "Rundungsfehleranalyse
 * einiger Verfahren zur Summation endlicher Summen", ZAMM 54, 1974), so that whole numbers stay exact up to 2^53 and
 * the order of addition, which depends on the shards, hardly ever shows.
 */
function addTo(numbers: number[], at: number, value: number): void {
  const high = numbers[at]!
  const sum = high + value
  numbers[at + 1]! += Math.abs(high) >= Math.abs(value) ? high - sum + value : value - sum + high
  numbers[at] = sum
}

function joinSums(numbers: number[], others: readonly number[], at: number): number {
  addTo(numbers, at, others[at]!)
  numbers[at + 1]! += others[at + 1]!
  return 0
}

/** JSON has no infinity: what leaves the range of doubles is null. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

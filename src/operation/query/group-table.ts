import { type AggregateSlots, aggregateSlots } from './aggregate.ts'
import { compileReader } from './field-path.ts'
import { bytesOf, checkNesting, type Json, textOf } from './json-value.ts'
import { isComposite } from './order.ts'
import type { GroupsPartial, GroupsShape, PartialGroup } from './query.ts'
import { type Steps, unmetered } from './steps.ts'

/** Rough cost of a group before its values. */
const groupBytes = 200

/** One level for each field grouped by: maps its value to the next level, or to the group. */
class Level {
  readonly #scalars = new Map<Json, Level | PartialGroup>()
  /** By JSON text, apart from the scalars so that no string is taken for an object. */
  #composites: Map<string, Level | PartialGroup> | undefined
  readonly #steps: Steps

  constructor(steps: Steps) {
    this.#steps = steps
  }

  get(value: Json): Level | PartialGroup | undefined {
    return isComposite(value) ? this.#composites?.get(textOf(value, this.#steps)) : this.#scalars.get(value)
  }

  set(value: Json, next: Level | PartialGroup): void {
    if (!isComposite(value)) this.#scalars.set(value, next)
    else {
      this.#composites ??= new Map()
      this.#composites.set(textOf(value, this.#steps), next)
    }
  }
}

/** Groups by value, found without building a key; aggregates are updated in place. */
export class GroupTable {
  readonly groups: PartialGroup[] = []
  /** Estimate of the memory held. */
  bytes = 0
  readonly #layout: AggregateSlots
  readonly #root: Level
  readonly #steps: Steps
  readonly #readers: readonly ((value: Json) => Json | undefined)[]

  constructor(shape: GroupsShape, steps: Steps = unmetered) {
    this.#layout = aggregateSlots(shape.aggregates, steps)
    this.#root = new Level(steps)
    this.#steps = steps
    this.#readers = shape.groupBy.map(compileReader)
    if (this.#readers.length === 0) this.#create([])
  }

  /** Takes one record in. */
  take(value: Json): void {
    const group = this.#groupOf(value)
    for (const slot of this.#layout.slots) this.bytes += slot.take(group, value)
  }

  /** Takes another shard's groups in. They are not kept, their values may be. */
  join(partial: GroupsPartial): void {
    for (const other of partial.groups) {
      const group = this.#find(other.by)
      for (const slot of this.#layout.slots) this.bytes += slot.join(group, other)
    }
  }

  #groupOf(value: Json): PartialGroup {
    const readers = this.#readers
    let level: Level = this.#root
    for (let i = 0; i < readers.length; i++) {
      const next = level.get(readers[i]!(value) ?? null)
      if (next === undefined) return this.#find(readers.map((read) => read(value) ?? null))
      if (!(next instanceof Level)) return next
      level = next
    }
    return this.groups[0]!
  }

  #find(by: readonly Json[]): PartialGroup {
    if (by.length === 0) return this.groups[0]!
    let level = this.#root
    for (let i = 0; i < by.length - 1; i++) {
      let next = level.get(by[i]!)
      if (next === undefined) {
        next = new Level(this.#steps)
        level.set(by[i]!, next)
        this.bytes += groupBytes + bytesOf(by[i], this.#steps)
      }
      level = next as Level
    }
    const last = by[by.length - 1]!
    const known = level.get(last)
    if (known !== undefined) return known as PartialGroup
    for (const value of by) checkNesting(value)
    const group = this.#create(by)
    level.set(last, group)
    return group
  }

  #create(by: readonly Json[]): PartialGroup {
    const { numbers, extremes } = this.#layout
    const group = { by, numbers: new Array<number>(numbers).fill(0), extremes: new Array<Json>(extremes).fill(null) }
    this.groups.push(group)
    this.bytes += groupBytes + 8 * numbers + bytesOf(null) * extremes
    for (const value of by) this.bytes += bytesOf(value, this.#steps)
    return group
  }
}

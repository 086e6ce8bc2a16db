import { Counter } from './counter.ts'
import { History, type Violation } from './history.ts'

/** Two keys under one {tag} that are only ever written together. */
export interface Pair {
  readonly first: History
  readonly second: History
}

/** Everything the campaign knows about the data: what must be there, whatever happens to the process. */
export class Model {
  /** Records `p:0` to `p:<preloaded - 1>`; the sequence of `p:<i>` is `i + 1` until it is overwritten. */
  readonly preloaded: number
  readonly histories = new Map<string, History>()
  readonly pairs = new Map<string, Pair>()
  readonly counters = new Map<string, Counter>()
  /** Written since they were last settled. */
  readonly touched = new Set<History>()
  readonly touchedPairs = new Set<Pair>()
  readonly touchedCounters = new Set<Counter>()
  readonly violations: Violation[] = []
  /** Increments sent; they need no number. */
  increments = 0
  private last: number

  constructor(preloaded: number) {
    this.preloaded = preloaded
    this.last = preloaded
  }

  /** A number for the next write, larger than all before. */
  nextSequence(): number {
    return ++this.last
  }

  /** Writes sent: those with a number, and increments. */
  get writes(): number {
    return this.last - this.preloaded + this.increments
  }

  history(key: string): History {
    let found = this.histories.get(key)
    if (found === undefined) {
      found = new History(key)
      this.histories.set(key, found)
    }
    this.touched.add(found)
    return found
  }

  /** The history of a preloaded record. */
  preloadedHistory(index: number): History {
    const key = preloadedKey(index)
    const found = this.histories.get(key) ?? new History(key, { sequence: index + 1, present: true })
    this.histories.set(key, found)
    this.touched.add(found)
    return found
  }

  pair(tag: string): Pair {
    let found = this.pairs.get(tag)
    if (found === undefined) {
      found = { first: new History(`{${tag}}a`), second: new History(`{${tag}}b`) }
      this.pairs.set(tag, found)
    }
    this.touchedPairs.add(found)
    return found
  }

  counter(key: string): Counter {
    let found = this.counters.get(key)
    if (found === undefined) {
      found = new Counter(key)
      this.counters.set(key, found)
    }
    this.touchedCounters.add(found)
    return found
  }

  report(violation: Violation | undefined): void {
    if (violation !== undefined) this.violations.push(violation)
  }

  /** Records that must be there; exact while everything is settled. */
  get records(): number {
    let count = this.preloaded
    for (const { key, known } of this.histories.values()) {
      if (known.present && !isPreloaded(key)) count++
    }
    for (const { first, second } of this.pairs.values()) {
      if (first.known.present) count++
      if (second.known.present) count++
    }
    for (const { known } of this.counters.values()) if (known > 0) count++
    return count
  }
}

const preloadedPrefix = 'p:'

export function preloadedKey(index: number): string {
  return preloadedPrefix + index
}

export function isPreloaded(key: string): boolean {
  return key.startsWith(preloadedPrefix)
}

import type { Expiry } from '../../../src/operation/body.ts'

/** One operation of the random test, in words. `wait` and `restart` happen to the whole store. */
export type Step =
  | {
      readonly do: 'put'
      readonly key: string
      readonly value: string
      readonly ends: Ends
      readonly only?: 'new' | 'there'
    }
  | { readonly do: 'blind'; readonly key: string; readonly value: string }
  | { readonly do: 'delete'; readonly key: string }
  | { readonly do: 'increment'; readonly key: string }
  | { readonly do: 'append'; readonly key: string; readonly value: string }
  | { readonly do: 'expire'; readonly key: string; readonly ends: Ends }
  | { readonly do: 'get'; readonly key: string }
  | { readonly do: 'scan'; readonly desc: boolean; readonly limit: number }
  | { readonly do: 'count' }
  | { readonly do: 'batch'; readonly steps: readonly Step[]; readonly abort: boolean }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'restart' }

/** Milliseconds from now, or what happens to the expiry. */
export type Ends = number | 'never' | 'keep'

export function expiryOf(ends: Ends): Expiry {
  if (ends === 'never') return { kind: 'clear' }
  return ends === 'keep' ? { kind: 'keep' } : { kind: 'after', ms: ends }
}

interface Item {
  readonly value: string
  readonly endsAt: number
}

const never = Number.POSITIVE_INFINITY
/** What a failing operation answers, to take a batch back. */
const failures = new Set(['precondition-failed', 'not-an-integer'])

/** The contract said again in the plainest way: a map, and a clock that is told what time it is. */
export class StoreModel {
  nowMs = 0
  #items = new Map<string, Item>()

  /** The answer, in the words of `shown` in `model-cases.ts`. */
  run(step: Step): unknown {
    for (const [key, { endsAt }] of this.#items) if (endsAt <= this.nowMs) this.#items.delete(key)
    switch (step.do) {
      case 'put':
        return this.#put(step)
      case 'blind':
        this.#items.set(step.key, { value: step.value, endsAt: never })
        return 'replaced'
      case 'delete':
        return this.#items.delete(step.key) ? 'deleted' : 'absent'
      case 'increment':
        return this.#increment(step.key)
      case 'append':
        return this.#rewrite(step.key, (this.#items.get(step.key)?.value ?? '') + step.value)
      case 'expire':
        return this.#expire(step.key, step.ends)
      case 'get':
        return this.#items.get(step.key)?.value
      case 'scan':
        return this.#scan(step)
      case 'count':
        return this.#items.size
      case 'batch':
        return this.#batch(step)
      default:
        return undefined
    }
  }

  #put({ key, value, ends, only }: Extract<Step, { do: 'put' }>): string {
    const before = this.#items.get(key)
    if ((only === 'new' && before !== undefined) || (only === 'there' && before === undefined))
      return 'precondition-failed'
    this.#items.set(key, { value, endsAt: this.#end(ends, before) })
    this.#reap(key)
    return before === undefined ? 'created' : 'replaced'
  }

  #end(ends: Ends, before: Item | undefined): number {
    if (ends === 'never') return never
    return ends === 'keep' ? (before?.endsAt ?? never) : this.nowMs + ends
  }

  #increment(key: string): string {
    const before = this.#items.get(key)?.value ?? '0'
    if (!/^(0|-?[1-9]\d*)$/.test(before)) return 'not-an-integer'
    return this.#rewrite(key, `${BigInt(before) + 1n}`)
  }

  #rewrite(key: string, value: string): string {
    this.#items.set(key, { value, endsAt: this.#items.get(key)?.endsAt ?? never })
    return 'updated'
  }

  #expire(key: string, ends: Ends): string {
    const before = this.#items.get(key)
    if (before === undefined) return 'absent'
    this.#items.set(key, { value: before.value, endsAt: this.#end(ends, before) })
    this.#reap(key)
    return 'updated'
  }

  #reap(key: string): void {
    if (this.#items.get(key)!.endsAt <= this.nowMs) this.#items.delete(key)
  }

  #scan({ desc, limit }: Extract<Step, { do: 'scan' }>): string[] {
    const sorted = [...this.#items].sort(([a], [b]) => (a < b ? -1 : 1))
    const ordered = desc ? sorted.reverse() : sorted
    return ordered.slice(0, limit).map(([key, { value }]) => `${key}=${value}`)
  }

  #batch({ steps, abort }: Extract<Step, { do: 'batch' }>): unknown {
    const before = new Map(this.#items)
    const results: unknown[] = []
    for (const step of steps) {
      const result = this.run(step)
      if (abort && failures.has(result as string)) {
        this.#items = before
        return result
      }
      results.push(result)
    }
    return results
  }
}

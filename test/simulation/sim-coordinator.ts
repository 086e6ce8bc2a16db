import type { Transaction, TransactionResult } from '../../src/cluster/coordination/coordinator.ts'
import { History } from '../../src/cluster/coordination/history.ts'
import { type KeyReader, KeySpace } from '../../src/cluster/coordination/key-space.ts'
import { evaluate } from '../../src/cluster/coordination/transaction.ts'
import type { World } from './world.ts'

/** How a transaction ended for who asked. */
export type Answered = { readonly kind: 'done'; readonly result: TransactionResult } | { readonly kind: 'unknown' }

const requestTimeoutMs = 1_000

/**
 * Coordination, with the transactions of the real one, that nodes reach through a network of their own: it may be gone
 * for some or for all of them, before a request arrives or before its answer does.
 */
export class SimCoordinator {
  latencyMs: readonly [number, number] = [0.5, 6]
  readonly #world: World
  readonly #space = new KeySpace(new History({ historyRevisions: 10, historyBytes: 10_000 }, 1))
  readonly #unreachable = new Set<string>()
  readonly #watchers = new Map<string, () => void>()
  readonly #leases = new Map<string, number>()
  /** Transactions on their way to it. */
  arriving = 0

  constructor(world: World) {
    this.#world = world
  }

  /** The keys as they are now; only for nodes that can reach it, and for who looks from outside. */
  get keys(): KeyReader & { readonly revision: number } {
    return this.#space
  }

  reaches(node: string): boolean {
    return !this.#unreachable.has(node)
  }

  block(node: string): void {
    this.#unreachable.add(node)
  }

  unblockAll(): void {
    this.#unreachable.clear()
    for (const node of this.#watchers.keys()) this.#notify(node)
  }

  /** `onChange` is called some time after every change; it looks at `keys` then. */
  watch(node: string, onChange: () => void): void {
    this.#watchers.set(node, onChange)
    this.#notify(node)
  }

  transact(node: string, transaction: Transaction, done: (answered: Answered) => void): void {
    let over = false
    const end = (answered: Answered): void => {
      if (over) return
      over = true
      done(answered)
    }
    this.#world.after(requestTimeoutMs, () => end({ kind: 'unknown' }))
    if (!this.reaches(node)) return
    this.arriving++
    this.#world.after(this.#world.between(...this.latencyMs) / 2, () => {
      this.arriving--
      const result = this.carryOut(transaction)
      this.#world.after(this.#world.between(...this.latencyMs) / 2, () => {
        if (this.reaches(node)) end({ kind: 'done', result })
      })
    })
  }

  carryOut(transaction: Transaction): TransactionResult {
    const { succeeded, responses, changes } = evaluate(this.#space, transaction, this.#space.revision + 1)
    if (changes.length > 0) {
      this.#space.apply({ kind: 'commit', revision: this.#space.revision + 1, changes, ended: undefined })
      for (const node of this.#watchers.keys()) this.#notify(node)
    }
    return { succeeded, revision: this.#space.revision, responses }
  }

  /** A node says that it lives; false if it cannot reach the coordination. */
  keepAlive(node: string, ttlMs: number): boolean {
    if (!this.reaches(node)) return false
    this.#leases.set(node, this.#world.now + ttlMs)
    return true
  }

  holdsLease(node: string): boolean {
    return (this.#leases.get(node) ?? 0) > this.#world.now
  }

  #notify(node: string): void {
    this.#world.after(this.#world.between(...this.latencyMs) / 2, () => {
      if (this.reaches(node)) this.#watchers.get(node)!()
    })
  }
}

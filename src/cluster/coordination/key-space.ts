import assert from 'node:assert/strict'
import type { KeyValue, LeaseId, WatchEvent } from './coordinator.ts'
import type { Change, Entry } from './entry.ts'
import type { History } from './history.ts'

interface HeldLease {
  readonly ttlMs: number
  readonly keys: Set<string>
}

/** What reading needs; a transaction under evaluation puts its own changes in front of it. */
export interface KeyReader {
  find(key: string): KeyValue | undefined
  /** Items whose key begins with `prefix`, in order, at most `limit`. */
  scan(prefix: string, limit: number): KeyValue[]
}

/** The keys, leases and revision as the applied entries left them. Deterministic: the same entries, the same state. */
export class KeySpace implements KeyReader {
  revision = 1
  readonly leases = new Map<LeaseId, HeldLease>()
  readonly history: History
  private readonly items = new Map<string, KeyValue>()
  private readonly order: string[] = []

  constructor(history: History) {
    this.history = history
  }

  find(key: string): KeyValue | undefined {
    return this.items.get(key)
  }

  scan(prefix: string, limit: number): KeyValue[] {
    const found: KeyValue[] = []
    for (let i = this.placeOf(prefix); i < this.order.length && found.length < limit; i++) {
      const key = this.order[i]!
      if (!key.startsWith(prefix)) break
      found.push(this.items.get(key)!)
    }
    return found
  }

  /** Takes a durable entry in. Answers the events to publish. */
  apply(entry: Entry): readonly WatchEvent[] {
    if (entry.kind === 'grant') this.leases.set(entry.id, { ttlMs: entry.ttlMs, keys: new Set() })
    if (entry.kind === 'compact') this.history.compact(entry.revision)
    if (entry.kind !== 'commit') return []
    assert.equal(
      entry.revision,
      entry.changes.length === 0 ? this.revision : this.revision + 1,
      'revisions have no gaps',
    )
    const events = entry.changes.map((change) => this.change(change, entry.revision))
    this.revision = entry.revision
    if (entry.ended !== undefined) this.leases.delete(entry.ended)
    if (events.length > 0) this.history.append({ revision: entry.revision, events })
    return events
  }

  /** Puts an item of a snapshot in its place. */
  restore(item: KeyValue): void {
    this.insert(item)
  }

  private change(change: Change, revision: number): WatchEvent {
    const previous = this.items.get(change.key)
    if (change.type === 'put') {
      const item = itemAfter(previous, change, revision)
      this.insert(item)
      return { type: 'put', item }
    }
    assert.ok(previous !== undefined, 'only keys that exist are deleted')
    this.detach(previous)
    this.items.delete(change.key)
    this.order.splice(this.placeOf(change.key), 1)
    return { type: 'delete', key: change.key, modRevision: revision }
  }

  private insert(item: KeyValue): void {
    const previous = this.items.get(item.key)
    if (previous === undefined) this.order.splice(this.placeOf(item.key), 0, item.key)
    else this.detach(previous)
    this.items.set(item.key, item)
    if (item.lease === undefined) return
    const lease = this.leases.get(item.lease)
    assert.ok(lease !== undefined, 'keys hang on leases that exist')
    lease.keys.add(item.key)
  }

  private detach(item: KeyValue): void {
    if (item.lease !== undefined) this.leases.get(item.lease)?.keys.delete(item.key)
  }

  /** Index of the first key not below `key`. */
  private placeOf(key: string): number {
    let [low, high] = [0, this.order.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.order[middle]! < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The item a put leaves behind. */
export function itemAfter(
  previous: KeyValue | undefined,
  put: Extract<Change, { type: 'put' }>,
  revision: number,
): KeyValue {
  return {
    key: put.key,
    value: put.value,
    createRevision: previous?.createRevision ?? revision,
    modRevision: revision,
    version: (previous?.version ?? 0) + 1,
    lease: put.lease,
  }
}

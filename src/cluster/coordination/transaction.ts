import {
  type Compare,
  CoordinatorError,
  type KeyValue,
  type OpResponse,
  type Transaction,
  type TransactionOp,
} from './coordinator.ts'
import type { Change } from './entry.ts'
import { itemAfter, type KeyReader } from './key-space.ts'

export interface Evaluation {
  readonly succeeded: boolean
  readonly responses: readonly OpResponse[]
  readonly changes: readonly Change[]
}

/** Decides a transaction against `base` and says what it would change; changes nothing. `revision` is the next one. */
export function evaluate(base: KeyReader, transaction: Transaction, revision: number): Evaluation {
  const succeeded = transaction.compare.every((compare) => holds(base.find(compare.key), compare))
  const pending = new Pending(base, revision)
  const ops = succeeded ? transaction.success : (transaction.failure ?? [])
  const responses = ops.map((op) => run(pending, op))
  return { succeeded, responses, changes: pending.changes }
}

function holds(item: KeyValue | undefined, compare: Compare): boolean {
  if (compare.target === 'value') {
    return item !== undefined && answers(Buffer.compare(item.value, compare.to), compare.op)
  }
  const actual =
    item === undefined
      ? 0
      : { mod: item.modRevision, create: item.createRevision, version: item.version }[compare.target]
  return answers(actual - compare.to, compare.op)
}

function answers(difference: number, op: Compare['op']): boolean {
  switch (op) {
    case '=':
      return difference === 0
    case '!=':
      return difference !== 0
    case '<':
      return difference < 0
    case '>':
      return difference > 0
  }
}

function run(pending: Pending, op: TransactionOp): OpResponse {
  switch (op.op) {
    case 'put':
      pending.put(op.key, op.value, op.lease)
      return { op: 'put' }
    case 'delete':
      return { op: 'delete', deleted: pending.delete(op.key) }
    case 'delete-range': {
      const doomed = pending.scan(op.prefix, Number.POSITIVE_INFINITY)
      for (const item of doomed) pending.delete(item.key)
      return { op: 'delete-range', deleted: doomed.length }
    }
    case 'get':
      return { op: 'get', item: pending.find(op.key) }
    case 'range':
      return { op: 'range', ...limited(pending, op.prefix, op.limit) }
  }
}

/** At most `limit` items under `prefix`, and whether there are more. */
export function limited(
  reader: KeyReader,
  prefix: string,
  limit: number | undefined,
): { items: KeyValue[]; more: boolean } {
  const bound = limit ?? Number.POSITIVE_INFINITY
  if (!(bound >= 1)) throw new CoordinatorError('invalid', 'a range needs a limit of at least 1')
  const items = reader.scan(prefix, bound + 1)
  return { items: items.slice(0, bound), more: items.length > bound }
}

/** The state as the operations so far would leave it. */
class Pending implements KeyReader {
  readonly changes: Change[] = []
  private readonly base: KeyReader
  private readonly revision: number
  private readonly changed = new Map<string, KeyValue | undefined>()

  constructor(base: KeyReader, revision: number) {
    this.base = base
    this.revision = revision
  }

  find(key: string): KeyValue | undefined {
    return this.changed.has(key) ? this.changed.get(key) : this.base.find(key)
  }

  scan(prefix: string, limit: number): KeyValue[] {
    const found = new Map(this.base.scan(prefix, limit + this.changed.size).map((item) => [item.key, item]))
    for (const [key, item] of this.changed) {
      if (item === undefined) found.delete(key)
      else if (key.startsWith(prefix)) found.set(key, item)
    }
    const ordered = [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
    return ordered.length > limit ? ordered.slice(0, limit) : ordered
  }

  put(key: string, value: Uint8Array, lease: string | undefined): void {
    const change = { type: 'put', key, value: Uint8Array.from(value), lease } as const
    this.changed.set(key, itemAfter(this.find(key), change, this.revision))
    this.changes.push(change)
  }

  delete(key: string): number {
    if (this.find(key) === undefined) return 0
    this.changed.set(key, undefined)
    this.changes.push({ type: 'delete', key })
    return 1
  }
}

import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import type { Compare, TransactionOp } from '../../../src/cluster/coordination/coordinator.ts'
import type { Case } from './suite.ts'

interface ModelItem {
  readonly value: string
  readonly create: number
  readonly mod: number
  readonly version: number
}

/** The contract said again in the plainest way: copy everything, change the copy, keep it or throw it away. */
class Model {
  items = new Map<string, ModelItem>()
  revision: number

  constructor(revision: number) {
    this.revision = revision
  }

  transact(compare: readonly Compare[], success: readonly TransactionOp[], failure: readonly TransactionOp[]): boolean {
    const succeeded = compare.every((one) => this.holds(one))
    const next = new Map(this.items)
    let changed = false
    for (const op of succeeded ? success : failure) {
      if (op.op === 'put') {
        const old = next.get(op.key)
        const value = Buffer.from(op.value).toString('latin1')
        const mod = this.revision + 1
        next.set(op.key, { value, create: old?.create ?? mod, mod, version: (old?.version ?? 0) + 1 })
        changed = true
      }
      if (op.op === 'delete') changed = next.delete(op.key) || changed
      if (op.op === 'delete-range') {
        for (const key of [...next.keys()].filter((k) => k.startsWith(op.prefix))) changed = next.delete(key) || changed
      }
    }
    this.items = next
    if (changed) this.revision++
    return succeeded
  }

  private holds({ key, target, op, to }: Compare): boolean {
    const item = this.items.get(key)
    if (target === 'value') {
      const other = Buffer.from(to).toString('latin1')
      return item !== undefined && ask(item.value < other ? -1 : item.value > other ? 1 : 0, op)
    }
    return ask((item?.[target] ?? 0) - to, op)
  }
}

function ask(difference: number, op: Compare['op']): boolean {
  return { '=': difference === 0, '!=': difference !== 0, '<': difference < 0, '>': difference > 0 }[op]
}

const names = ['m/a', 'm/ab', 'm/b', 'm/b/c', 'm/c']
const key = fc.constantFrom(...names)
const value = fc.uint8Array({ maxLength: 3 })
const put = fc.record({ op: fc.constant('put' as const), key, value })
const erase = fc.record({ op: fc.constant('delete' as const), key })
const sweep = fc.record({ op: fc.constant('delete-range' as const), prefix: fc.constantFrom('m/a', 'm/b', 'm/') })
const ops = fc.oneof(
  fc.uniqueArray(fc.oneof(put, erase), { maxLength: 4, selector: (op) => op.key }),
  fc.array(sweep, { minLength: 1, maxLength: 2 }),
)
const operator = fc.constantFrom('=', '!=', '<', '>')
const comparison = fc.oneof(
  fc.record({ key, target: fc.constant('value' as const), op: operator, to: value }),
  fc.record({ key, target: fc.constantFrom('mod', 'create'), op: operator, to: fc.nat({ max: 6 }) }),
  fc.record({ key, target: fc.constant('version' as const), op: operator, to: fc.nat({ max: 3 }) }),
)
const step = fc.record({
  compare: fc.array(comparison, { maxLength: 2 }),
  success: ops,
  failure: ops,
  restart: fc.nat(9),
})

export const modelCases: Case = (harness) => {
  it('does what the model does, for random transactions and restarts', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), (steps) => follow(harness, steps))
    await fc.assert(property, { numRuns: harness().modelRuns, includeErrorInReport: true })
  })
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function follow(harness: Parameters<Case>[0], steps: readonly Step[]): Promise<void> {
  const store = () => harness().coordinator
  await store().transact({ compare: [], success: [{ op: 'delete-range', prefix: 'm/' }] })
  const { revision: base } = await store().range('m/')
  const model = new Model(base)
  for (const { compare, success, failure, restart } of steps) {
    // Small numbers find mod and create revisions only relative to where this run began.
    const shifted = compare.map((one): Compare => {
      return one.target === 'mod' || one.target === 'create' ? { ...one, to: one.to + base } : one
    })
    const result = await store().transact({ compare: shifted, success, failure })
    assert.equal(result.succeeded, model.transact(shifted, success, failure))
    assert.equal(result.revision, model.revision)
    if (restart === 0) await harness().restart?.()
    const { items, revision } = await store().range('m/')
    assert.equal(revision, model.revision)
    const seen = items.map((item) => [
      item.key,
      Buffer.from(item.value).toString('latin1'),
      item.createRevision,
      item.modRevision,
      item.version,
    ])
    const expected = [...model.items].sort(([a], [b]) => (a < b ? -1 : 1))
    assert.deepEqual(
      seen,
      expected.map(([name, item]) => [name, item.value, item.create, item.mod, item.version]),
    )
  }
}

import type { Body, ScanBody } from '../../operation/body.ts'
import { copyRange } from '../../operation/copy-body.ts'
import type { MergeKind, Plan } from '../../routing/plan.ts'
import type { Random } from '../../runtime/random.ts'
import { AnyOf } from './any-of.ts'
import { Batch } from './batch.ts'
import { FirstAnswer } from './first-answer.ts'
import { Leases } from './leases.ts'
import { Ordered } from './ordered.ts'
import { Partials } from './partials.ts'
import { Records } from './records.ts'
import type { Reducer } from './reducer.ts'
import { Sum } from './sum.ts'

export interface MergeContext {
  /** The operation's whole body; its views are valid until the call ends. */
  readonly body: Body
  readonly budgetBytes: number
  readonly random: Random
}

/** How partial answers become one, by the plan's merge kind. `lease-steps` are not merged but follow one another. */
export const merges = {
  one: ({ steps }, { body }) => new FirstAnswer(steps, body),
  records: ({ steps }, { body }) => new Records(steps, body, 'records'),
  sum: ({ steps }, { body }) => new Sum(steps, body, 'count'),
  ordered: ({ steps }, { body }) => new Ordered(steps.length, ownedScan(body)),
  query: ({ steps }, { body, budgetBytes }) => new Partials(steps, body, queryOf(body), budgetBytes),
  batch: ({ steps }, { body }) => new Batch(steps, body, 'batch'),
  any: ({ steps }, { body, random }) => new AnyOf(steps.length, body, random.integer(steps.length)),
  leases: ({ steps }, { body }) => new Leases(steps, body),
} as const satisfies Record<Exclude<MergeKind, 'lease-steps'>, (plan: Plan, context: MergeContext) => Reducer>

/** Shards are asked again later, by when the bounds would be gone. */
function ownedScan(body: Body): ScanBody {
  if (body.kind !== 'scan') throw new Error(`an ordered merge of ${body.kind}`)
  return { ...body, range: copyRange(body.range) }
}

function queryOf(body: Body) {
  if (body.kind !== 'query') throw new Error(`a merge of partials of ${body.kind}`)
  return body.query
}

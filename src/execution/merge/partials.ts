import type { GatewayError } from '../../errors.ts'
import type { Body } from '../../operation/body.ts'
import { PartialMerger } from '../../operation/query/merge-partials.ts'
import type { Query } from '../../operation/query/query.ts'
import type { MissingShard, QueryReply } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'
import type { PlanStep } from '../../routing/plan.ts'
import { EachOnce } from './each-once.ts'
import { missingIn } from './reducer.ts'

/** Partials of a query, folded as they come. */
export class Partials extends EachOnce<'query'> {
  readonly #merger: PartialMerger

  constructor(steps: readonly PlanStep[], body: Body, query: Query, budgetBytes: number) {
    super(steps, body, 'query')
    this.#merger = new PartialMerger(query, budgetBytes)
  }

  protected fold(_step: number, reply: QueryReply): GatewayError | undefined {
    const error = this.#merger.add(reply.partial)
    this.bytes = this.#merger.bytes
    return error
  }

  finish(positions: readonly Position[], missing: readonly MissingShard[]): QueryReply {
    return { kind: 'query', partial: this.#merger.partial(), positions, ...missingIn(missing) }
  }
}

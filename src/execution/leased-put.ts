import type { GatewayError } from '../errors.ts'
import type { Body } from '../operation/body.ts'
import { copyBody } from '../operation/copy-body.ts'
import type { Handler, Operation } from '../operation/operation.ts'
import type { Reply } from '../operation/reply.ts'
import type { Position } from '../operation/token.ts'
import type { Plan, PlanStep } from '../routing/plan.ts'
import type { Lanes } from './lanes.ts'

/** A put with a lease: the lease learns of the key, then the record is written. The plan has these two steps. */
export class LeasedPut implements Handler {
  readonly #lanes: Lanes
  readonly #operation: Operation
  readonly #handler: Handler
  readonly #put: Body
  readonly #attach: PlanStep
  readonly #owner: PlanStep
  #attached: readonly Position[] | undefined
  #held = false

  constructor(plan: Plan, operation: Operation, handler: Handler, lanes: Lanes) {
    this.#lanes = lanes
    this.#operation = operation
    this.#handler = handler
    this.#put = copyBody(operation.body)
    const [attach, owner] = plan.steps
    this.#attach = attach!
    this.#owner = owner!
  }

  /** Answers false if a step has to wait. */
  run(): boolean {
    // Attaching may be repeated as it is, and must not be taken for the put it is a part of.
    const attaching: Operation = { ...this.#operation, idempotency: undefined }
    this.#submit(this.#attach, this.#attach.body!, attaching)
    return !this.#held
  }

  onReply(_operation: Operation, reply: Reply): void {
    if (this.#attached === undefined) {
      this.#attached = reply.positions
      this.#submit(this.#owner, this.#put, this.#operation)
    } else
      this.#handler.onReply(this.#operation, { ...reply, positions: mergePositions(this.#attached, reply.positions) })
  }

  onError(_operation: Operation, error: GatewayError): void {
    // However attaching ended, the record was not written.
    const answer = this.#attached === undefined ? error.withOutcome('not-applied') : error
    this.#handler.onError(this.#operation, answer)
  }

  #submit({ target }: PlanStep, body: Body, operation: Operation): void {
    if (!this.#lanes.to(target).submitStep(body, operation, this, operation.deadline)) this.#held = true
  }
}

/** One position for each shard: the later step's, where both touched the same. */
function mergePositions(earlier: readonly Position[], later: readonly Position[]): Position[] {
  const touched = new Set(later.map(({ shard }) => shard))
  return [...earlier.filter(({ shard }) => !touched.has(shard)), ...later]
}

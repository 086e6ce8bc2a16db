import type { GatewayError } from '../errors.ts'
import type { Operation } from '../operation/operation.ts'
import type { Reply } from '../operation/reply.ts'
import type { StepHandler } from './flight.ts'
import type { Many } from './many.ts'

/** One shard's answer on its way into the merge. */
export class StepAnswer implements StepHandler {
  readonly #many: Many
  readonly #step: number

  constructor(many: Many, step: number) {
    this.#many = many
    this.#step = step
  }

  get settled(): boolean {
    return this.#many.settled
  }

  onReply(_operation: Operation, reply: Reply): void {
    this.#many.takeReply(this.#step, reply)
  }

  onError(_operation: Operation, error: GatewayError): void {
    this.#many.takeError(this.#step, error)
  }
}

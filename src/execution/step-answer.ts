import type { GatewayError } from '../errors.ts'
import type { Handler, Operation } from '../operation/operation.ts'
import type { Reply } from '../operation/reply.ts'
import type { Many } from './many.ts'

/** One shard's answer on its way into the merge. */
export class StepAnswer implements Handler {
  readonly #many: Many
  readonly #step: number

  constructor(many: Many, step: number) {
    this.#many = many
    this.#step = step
  }

  /** The whole may be answered without this part. */
  get unwanted(): boolean {
    return this.#many.answered
  }

  onReply(_operation: Operation, reply: Reply): void {
    this.#many.takeReply(this.#step, reply)
  }

  onError(_operation: Operation, error: GatewayError): void {
    this.#many.takeError(this.#step, error)
  }
}

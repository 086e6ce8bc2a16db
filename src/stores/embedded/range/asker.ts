import type { Handler, Operation, Origin } from '../../../operation/operation.ts'

/**
 * Who waits for the answer to work that outlives its turn, and until when. Deadline and origin are those of the beginning:
 * who asked may have given the operation up meanwhile, and used it again for something else.
 */
export class Asker {
  readonly operation: Operation
  readonly handler: Handler
  readonly deadline: number
  private readonly origin: Origin

  constructor(operation: Operation, handler: Handler) {
    this.operation = operation
    this.handler = handler
    this.deadline = operation.deadline
    this.origin = operation.origin
  }

  /** Nobody is there to take the answer. */
  get gone(): boolean {
    return this.origin.gone || this.handler.unwanted === true
  }
}

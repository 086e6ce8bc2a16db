import { GatewayError } from '../../errors.ts'
import type { Handler, Operation } from '../../operation/operation.ts'
import type { Reply } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'

/** An answer whose positions are filled in when it is handed out. */
export type Answer = (Reply & { positions: readonly Position[] }) | GatewayError

interface Waiting {
  index: number
  operation: Operation | undefined
  handler: Handler | undefined
  answer: Answer | undefined
}

const firstCapacity = 256

/**
 * Answers that wait until the log entries they depend on are durable (R12), in the order in which they were made. A ring
 * of reused cells: nothing is allocated for an answer. Bounded by the permits of the limiter in front of the shard.
 */
export class PendingReplies {
  #cells: Waiting[] = Array.from({ length: firstCapacity }, emptyCell)
  #head = 0
  #tail = 0

  get length(): number {
    return this.#tail - this.#head
  }

  push(index: number, operation: Operation, handler: Handler, answer: Answer): void {
    if (this.length === this.#cells.length) this.#grow()
    const cell = this.#cells[this.#tail & (this.#cells.length - 1)]!
    cell.index = index
    cell.operation = operation
    cell.handler = handler
    cell.answer = answer
    this.#tail += 1
  }

  /** Hands out, in order, the answers that depend on nothing after `durableIndex`. */
  deliver(durableIndex: number, positions: readonly Position[]): void {
    while (this.#head < this.#tail) {
      const cell = this.#cells[this.#head & (this.#cells.length - 1)]!
      if (cell.index > durableIndex) return
      const { operation, handler, answer } = cell
      this.#clear(cell)
      handOut(answer!, operation!, handler!, positions)
    }
  }

  /** The log failed: nobody knows whether what waits has reached the disk. */
  fail(errorFor: (operation: Operation) => GatewayError): void {
    while (this.#head < this.#tail) {
      const cell = this.#cells[this.#head & (this.#cells.length - 1)]!
      const { operation, handler } = cell
      this.#clear(cell)
      handler!.onError(operation!, errorFor(operation!))
    }
  }

  #clear(cell: Waiting): void {
    cell.operation = undefined
    cell.handler = undefined
    cell.answer = undefined
    this.#head += 1
  }

  #grow(): void {
    const before = this.#cells
    const cells = Array.from({ length: before.length * 2 }, emptyCell)
    for (let at = this.#head; at < this.#tail; at++) {
      cells[at & (cells.length - 1)] = before[at & (before.length - 1)]!
    }
    this.#cells = cells
  }
}

export function handOut(answer: Answer, operation: Operation, handler: Handler, positions: readonly Position[]): void {
  if (answer instanceof GatewayError) return handler.onError(operation, answer)
  answer.positions = positions
  handler.onReply(operation, answer)
}

function emptyCell(): Waiting {
  return { index: 0, operation: undefined, handler: undefined, answer: undefined }
}

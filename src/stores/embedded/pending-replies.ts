import { GatewayError } from '../../errors.ts'
import type { Handler, Operation } from '../../operation/operation.ts'
import type { RecordView } from '../../operation/record.ts'
import type { Reply } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'
import { type ReplyMemory, replyMemoryFull } from './reply-memory.ts'

/** An answer whose positions are filled in when it is handed out. */
export type Answer = (Reply & { positions: readonly Position[] }) | GatewayError

interface Waiting {
  index: number
  operation: Operation | undefined
  handler: Handler | undefined
  answer: Answer | undefined
  /** Of the records in the answer. */
  bytes: number
}

const firstCapacity = 256

/**
 * Answers that wait until the log entries they depend on are durable (R12), in the order in which they were made. A ring
 * of reused cells: nothing is allocated for an answer. Their number is bounded by the permits of the limiter in front of
 * the shard, the bytes of the records in them by `memory`.
 */
export class PendingReplies {
  readonly #memory: ReplyMemory
  #cells: Waiting[] = Array.from({ length: firstCapacity }, emptyCell)
  #head = 0
  #tail = 0

  constructor(memory: ReplyMemory) {
    this.#memory = memory
  }

  /** Whether records are no longer taken in. */
  get full(): boolean {
    return this.#memory.full
  }

  get length(): number {
    return this.#tail - this.#head
  }

  /** Refuses what was read if there is no memory for it; what was written has to be answered. */
  push(index: number, operation: Operation, handler: Handler, answer: Answer): void {
    const bytes = bytesOf(answer)
    if (bytes > 0) {
      if (this.#memory.full && isRead(answer)) return handler.onError(operation, replyMemoryFull)
      this.#memory.heldBytes += bytes
    }
    if (this.length === this.#cells.length) this.#grow()
    const cell = this.#cells[this.#tail & (this.#cells.length - 1)]!
    cell.index = index
    cell.operation = operation
    cell.handler = handler
    cell.answer = answer
    cell.bytes = bytes
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
    this.#memory.heldBytes -= cell.bytes
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
  return { index: 0, operation: undefined, handler: undefined, answer: undefined, bytes: 0 }
}

/** Nothing that it says has been changed for it. */
function isRead(answer: Answer): boolean {
  return 'kind' in answer && (answer.kind === 'record' || answer.kind === 'records' || answer.kind === 'page')
}

/** What the records in an answer hold. Answers of queries are counted in `QueryMemory` until they are handed out. */
function bytesOf(answer: Answer): number {
  if (answer instanceof GatewayError) return 0
  switch (answer.kind) {
    case 'written':
      return bytesOfRecord(answer.previous) + (answer.value?.length ?? 0)
    case 'record':
      return bytesOfRecord(answer.record)
    case 'records':
      return answer.records.reduce((sum, record) => sum + bytesOfRecord(record), 0)
    case 'page':
      return answer.entries.reduce((sum, { record }) => sum + bytesOfRecord(record), 0)
    case 'batch':
      return answer.results.reduce((sum, result) => sum + bytesOf(result as Answer), 0)
    default:
      return 0
  }
}

function bytesOfRecord(record: RecordView | undefined): number {
  return record === undefined ? 0 : record.valueEnd - record.valueStart
}

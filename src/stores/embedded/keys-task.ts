import { GatewayError } from '../../errors.ts'
import type { KeysBody } from '../../operation/body.ts'
import type { Handler, Operation } from '../../operation/operation.ts'
import type { RecordsReply } from '../../operation/reply.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Evaluation } from './evaluate/evaluation.ts'
import { noPositions } from './evaluate/written.ts'
import type { Answer } from './pending-replies.ts'
import type { SlicedTask } from './range/slices.ts'

/** Keys looked at, and perhaps deleted, as one: in one log entry, and without anything between them. */
export const keysPerEntry = 256

const deadlinePassed = new GatewayError('deadline', 'The deadline passed before all keys of the list were seen to.')
const clientGone = new GatewayError('deadline', 'The client went away.')
const stopped = new GatewayError('store-failed', 'The shard stopped before all keys of the list were seen to.')

/** What a list of keys needs of its shard. */
export interface KeysContext {
  readonly evaluation: Evaluation
  readonly clock: Clock
  /** Whether the shard has stopped after a disk error. */
  readonly failed: () => boolean
  /** Hands the answer out once log entry `dependsOn` is durable. */
  answer(operation: Operation, handler: Handler, answer: Answer, dependsOn: number): void
}

/** Reads, counts or deletes a list of keys, some of them in each slice. */
export class KeysTask implements SlicedTask {
  readonly #context: KeysContext
  readonly #kind: KeysBody['kind']
  readonly #operation: Operation
  readonly #handler: Handler
  #keys: readonly Uint8Array[]
  #place = 0
  #count = 0
  readonly #records: RecordsReply['records'][number][] = []
  #keptBytes = 0
  #dependsOn = 0
  #deletedAny = false
  done = false

  constructor(context: KeysContext, body: KeysBody, operation: Operation, handler: Handler) {
    this.#context = context
    this.#kind = body.kind
    this.#keys = body.keys
    this.#operation = operation
    this.#handler = handler
  }

  slice(untilMs: number): boolean {
    const { clock, evaluation, failed } = this.#context
    while (this.#place < this.#keys.length) {
      if (this.#place > 0) {
        const now = clock.now()
        if (failed()) return this.#end(stopped)
        if (now >= this.#operation.deadline) return this.#end(deadlinePassed)
        if (this.#operation.origin.gone) return this.#end(clientGone)
        if (now >= untilMs) return false
      }
      if (!this.#step()) return this.#end(evaluation.keepRefusal)
    }
    return this.#end(
      this.#kind === 'get-many'
        ? { kind: 'records', records: this.#records, positions: noPositions }
        : { kind: 'count', count: this.#count, positions: noPositions },
    )
  }

  park(): void {
    this.#keys = this.#keys.map((key) => Buffer.from(key))
  }

  fail(error: Error): void {
    this.#end(new GatewayError('store-failed', `The list of keys could not be seen to: ${error.message}`))
  }

  /** The next keys, as one. False if the answer holds too much. */
  #step(): boolean {
    const { evaluation, clock } = this.#context
    evaluation.begin(clock.wallMs(), this.#keptBytes)
    const end = Math.min(this.#keys.length, this.#place + keysPerEntry)
    let room = true
    while (room && this.#place < end) room = this.#see(this.#keys[this.#place++]!)
    this.#keptBytes = evaluation.keptBytes
    this.#dependsOn = Math.max(this.#dependsOn, evaluation.finish())
    return room
  }

  #see(key: Uint8Array): boolean {
    const { evaluation } = this.#context
    const found = evaluation.look(key)
    if (this.#kind === 'get-many') {
      const record = found === undefined ? undefined : evaluation.keep(found)
      this.#records.push(record)
      return found === undefined || record !== undefined
    }
    if (found === undefined) return true
    this.#count += 1
    if (this.#kind !== 'delete-many') return true
    evaluation.erase(key)
    this.#deletedAny = true
    return true
  }

  #end(answer: Answer): true {
    const told =
      answer instanceof GatewayError && this.#kind === 'delete-many'
        ? answer.withOutcome(this.#deletedAny ? 'unknown' : 'not-applied')
        : answer
    this.done = true
    this.#context.answer(this.#operation, this.#handler, told, this.#dependsOn)
    return true
  }
}

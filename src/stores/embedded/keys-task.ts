import { GatewayError } from '../../errors.ts'
import type { KeysBody } from '../../operation/body.ts'
import type { Handler, Operation } from '../../operation/operation.ts'
import type { RecordsReply } from '../../operation/reply.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Evaluation } from './evaluate/evaluation.ts'
import { noPositions } from './evaluate/written.ts'
import { type KeyList, LentKeys, OwnKeys } from './key-list.ts'
import type { Answer } from './pending-replies.ts'
import type { Asker } from './range/asker.ts'
import type { Permits } from './range/permits.ts'
import type { SlicedTask } from './range/slices.ts'
import { stoppedMidway } from './shard-failure.ts'

/** Keys looked at, and perhaps deleted, as one: in one log entry, and without anything between them. */
export const keysPerEntry = 256
/** Values read as one, at least one of them. */
const valueBytesPerStep = 1024 * 1024

const deadlinePassed = new GatewayError('deadline', 'The deadline passed before all keys of the list were seen to.')
const clientGone = new GatewayError('abandoned', 'The client went away before all keys of the list were seen to.')

/** What a list of keys needs of its shard. */
export interface KeysContext {
  readonly evaluation: Evaluation
  readonly clock: Clock
  /** One is needed to hold values beyond the first MiB. */
  readonly bulky: Permits
  /** Whether the shard has stopped after an error. */
  readonly failed: () => boolean
  /** Hands the answer out once log entry `dependsOn` is durable. */
  answer(operation: Operation, handler: Handler, answer: Answer, dependsOn: number): void
  /** Stops the shard: something threw, and nobody knows what it holds now. */
  fail(error: Error): void
}

/** Reads, counts or deletes a list of keys, some of them in each slice. */
export class KeysTask implements SlicedTask {
  readonly #context: KeysContext
  readonly #kind: KeysBody['kind']
  readonly #asker: Asker
  #keys: KeyList
  #parked = false
  #isBulky = false
  #place = 0
  #count = 0
  readonly #records: RecordsReply['records'][number][] = []
  #keptBytes = 0
  #dependsOn = 0
  #deletedAny = false
  done = false

  constructor(context: KeysContext, body: KeysBody, asker: Asker) {
    this.#context = context
    this.#kind = body.kind
    this.#keys = new LentKeys(body.keys)
    this.#asker = asker
  }

  slice(untilMs: number): boolean | Promise<boolean> {
    while (!this.advance()) {
      const room = this.room()
      if (room !== undefined) return room.then(() => false)
      if (this.#context.clock.now() >= untilMs) return false
    }
    return true
  }

  /**
   * Before going on: undefined, or a promise if the list has come to hold much and others already do. It then begins
   * anew when they are done, so that what waits holds nothing.
   */
  room(): Promise<void> | undefined {
    if (this.#isBulky || this.#keptBytes < valueBytesPerStep) return undefined
    const { bulky } = this.#context
    this.#isBulky = true
    if (bulky.tryTake()) return undefined
    this.park()
    this.#place = 0
    this.#keptBytes = 0
    this.#records.length = 0
    return bulky.take()
  }

  /** All in one go. */
  finish(): void {
    while (!this.advance());
  }

  /** Sees to the keys of one entry, or reads values of about a MiB; true when the list has been answered. */
  advance(): boolean {
    const { evaluation } = this.#context
    const why = this.#keys.length > keysPerEntry || this.#isBulky ? this.#whyStop() : undefined
    if (why !== undefined) return this.#end(why)
    if (!this.#step()) return this.#end(evaluation.keepRefusal)
    if (this.#place < this.#keys.length) return false
    return this.#end(
      this.#kind === 'get-many'
        ? { kind: 'records', records: this.#records, positions: noPositions }
        : { kind: 'count', count: this.#count, positions: noPositions },
    )
  }

  /** The keys that `advance` sees to next. */
  nextKeys(): Uint8Array[] {
    const keys: Uint8Array[] = []
    for (let place = this.#place; place < this.#nextEnd; place++) keys.push(this.#keys.at(place))
    return keys
  }

  park(): void {
    if (this.#parked) return
    this.#parked = true
    this.#keys = new OwnKeys(this.#keys)
  }

  fail(error: Error): void {
    // What is thrown after the answer is a defect of whoever was answered.
    if (this.done) throw error
    this.#context.fail(error)
    this.#end(stoppedMidway)
  }

  /** Ends it with an error. */
  refuse(error: GatewayError): void {
    this.#end(error)
  }

  get #nextEnd(): number {
    return Math.min(this.#keys.length, this.#place + keysPerEntry)
  }

  #whyStop(): GatewayError | undefined {
    const { clock, failed } = this.#context
    if (failed()) return stoppedMidway
    if (clock.now() >= this.#asker.deadline) return deadlinePassed
    return this.#asker.gone ? clientGone : undefined
  }

  /** The next keys, as one. False if the answer holds too much. */
  #step(): boolean {
    const { evaluation } = this.#context
    evaluation.begin(this.#keptBytes)
    const end = this.#nextEnd
    const enoughBytes = this.#keptBytes + valueBytesPerStep
    let room = true
    while (room && this.#place < end && evaluation.keptBytes < enoughBytes) {
      room = this.#see(this.#keys.at(this.#place++))
    }
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
    if (this.#isBulky) this.#context.bulky.giveBack()
    this.#context.answer(this.#asker.operation, this.#asker.handler, told, this.#dependsOn)
    return true
  }
}

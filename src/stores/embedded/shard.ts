import { GatewayError } from '../../errors.ts'
import { type Body, intentOf, type KeysBody } from '../../operation/body.ts'
import { copyBody } from '../../operation/copy-body.ts'
import type { Handler, Operation } from '../../operation/operation.ts'
import type { Reply } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'
import type { Session } from '../store.ts'
import type { KeyLists } from './key-lists.ts'
import { keysPerEntry } from './keys-task.ts'
import type { LeaseExecutor } from './leases/lease-executor.ts'
import { type Answer, handOut, type PendingReplies } from './pending-replies.ts'
import type { PointExecutor } from './point-executor.ts'
import type { RangeExecutor } from './range-executor.ts'
import { needsOf, type ReadAhead } from './read-ahead.ts'
import { type FailureAnswers, failureAnswers } from './shard-failure.ts'
import type { Workspace } from './workspace.ts'

const notOpen = new GatewayError('unavailable', 'The shard is being opened or closed.')
const turnedAway = { read: notOpen, write: notOpen.withOutcome('not-applied') }

/** What carries out the operations of a shard. */
export interface ShardParts {
  readonly points: PointExecutor
  readonly ranges: RangeExecutor
  readonly lists: KeyLists
  readonly leases: LeaseExecutor
  readonly pending: PendingReplies
  readonly workspace: Workspace
  /** For an operation that looks at more than it may. */
  readonly recordsTooLarge: GatewayError
  /** For engines that cannot answer at once. */
  readonly readAhead: ReadAhead | undefined
  /** Whether the backlog of unapplied writes leaves room. */
  hasRoom(): boolean
  /** Resolves when everything written is durable, or never will be. */
  idle(): Promise<void>
}

/** One shard of the embedded store: hands each operation to the part that carries it out. */
export class EmbeddedShard implements Session {
  readonly shard: number
  readonly #history: number
  #parts: ShardParts | undefined
  #failure: Error | undefined
  #answers: FailureAnswers | undefined
  #positions: readonly Position[] = []
  #writable = true
  #closing = false
  readonly #listeners: (() => void)[] = []

  constructor(shard: number, history: number) {
    this.shard = shard
    this.#history = history
  }

  /** Begins to serve; before that, every operation is refused. */
  serve(parts: ShardParts): void {
    this.#parts = parts
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  /** Whether it serves: neither failed nor closed. */
  get open(): boolean {
    return this.#parts !== undefined && this.#failure === undefined && !this.#closing
  }

  /** Also when the shard has failed: a write then gets its error at once instead of waiting for room. */
  get writable(): boolean {
    return this.#writable || this.#failure !== undefined
  }

  onWritable(listener: () => void): void {
    this.#listeners.push(listener)
  }

  dispatch(body: Body, operation: Operation, handler: Handler): boolean {
    const parts = this.#parts
    if (parts === undefined || !this.open) {
      const why = this.#closing ? turnedAway : (this.#answers?.refused ?? turnedAway)
      handler.onError(operation, why[intentOf[body.kind]])
      return true
    }
    const { readAhead } = parts
    let done = true
    if (readAhead === undefined || readAhead.isFree(needsOf(body, operation))) {
      done = this.#execute(parts, body, operation, handler)
    } else {
      done = this.#executeLater(parts, readAhead, body, operation, handler)
    }
    this.checkRoom()
    return done && this.#writable && !parts.pending.full
  }

  /** The committed position, shared by all replies until the next commit. */
  positions(): readonly Position[] {
    const { workspace } = this.#parts!
    const index = workspace.durableIndex
    const last = this.#positions[0]
    if (last === undefined || last.index !== index || last.epoch !== workspace.epoch) {
      this.#positions = [{ shard: this.shard, history: this.#history, epoch: workspace.epoch, index }]
    }
    return this.#positions
  }

  /** Hands an answer out once log entry `dependsOn` is durable. */
  answer(operation: Operation, handler: Handler, answer: Answer, dependsOn: number): void {
    const { workspace, pending } = this.#parts!
    if (dependsOn <= workspace.durableIndex) handOut(answer, operation, handler, this.positions())
    else if (this.#answers === undefined) pending.push(dependsOn, operation, handler, answer)
    else handler.onError(operation, this.#answers.unsure[intentOf[operation.body.kind]])
  }

  /** Everything up to the workspace's durable index may be answered. */
  deliver(): void {
    const { workspace, pending } = this.#parts!
    pending.deliver(workspace.durableIndex, this.positions())
  }

  /** Compares the backlog with its bound, and lets waiting writes go on when it has shrunk. */
  checkRoom(): void {
    const room = this.#parts!.hasRoom()
    if (room === this.#writable) return
    this.#writable = room
    if (room) for (const listener of this.#listeners) listener()
  }

  /** Stops serving for good: after a disk error, or a defect, nothing in memory can be trusted to be on disk. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return
    const answers = failureAnswers(error)
    this.#failure = error
    this.#answers = answers
    this.#parts?.pending.fail((operation) => answers.unsure[intentOf[operation.body.kind]])
    if (!this.#writable) for (const listener of this.#listeners) listener()
  }

  /** Takes nothing more; resolves once all that was dispatched has been answered. */
  async close(): Promise<void> {
    this.#closing = true
    if (this.#parts === undefined) return
    const { readAhead, ranges, idle } = this.#parts
    await readAhead?.idle()
    await ranges.idle()
    await idle()
  }

  /** False if the caller should wait for the answer. */
  #executeLater(parts: ShardParts, readAhead: ReadAhead, lent: Body, operation: Operation, handler: Handler): boolean {
    if (isLongList(lent)) {
      parts.lists.executeFetched(readAhead, lent, operation, handler)
      return false
    }
    const body = copyBody(lent)
    readAhead.queue(needsOf(body, operation), (complete) => {
      if (this.#answers !== undefined) return handler.onError(operation, this.#answers.refused[intentOf[body.kind]])
      if (!complete) return handler.onError(operation, notApplied(parts.recordsTooLarge, body))
      this.#executeSafely(parts, body, operation, handler)
      this.checkRoom()
    })
    return true
  }

  /** Where nobody else would hear what is thrown. */
  #executeSafely(parts: ShardParts, body: Body, operation: Operation, handler: Handler): void {
    const once = new OneAnswer(handler)
    try {
      this.#execute(parts, body, operation, once)
    } catch (thrown) {
      // What is thrown after the answer is a defect of whoever was answered.
      if (once.given) throw thrown
      this.fail(thrown as Error)
      if (!once.given) once.onError(operation, this.#answers!.unsure[intentOf[body.kind]])
    }
  }

  /** False if it goes on in later turns. */
  #execute(parts: ShardParts, body: Body, operation: Operation, handler: Handler): boolean {
    switch (body.kind) {
      case 'get':
        parts.points.get(body.key, operation, handler)
        return true
      case 'put':
      case 'delete':
      case 'modify':
        parts.points.write(body, operation, handler)
        return true
      case 'batch':
        parts.points.batch(body, operation, handler)
        return true
      case 'get-many':
      case 'delete-many':
      case 'exists-many':
        return parts.lists.execute(body, operation, handler)
      case 'scan':
      case 'count':
      case 'size':
      case 'random-key':
      case 'query':
        parts.ranges.execute(body, operation, handler)
        return true
      default:
        parts.leases.execute(body, operation, handler)
        return true
    }
  }
}

/** Knows whether the answer has been given. */
class OneAnswer implements Handler {
  given = false
  readonly #handler: Handler

  constructor(handler: Handler) {
    this.#handler = handler
  }

  get unwanted(): boolean {
    return this.#handler.unwanted === true
  }

  onReply(operation: Operation, reply: Reply): void {
    this.given = true
    this.#handler.onReply(operation, reply)
  }

  onError(operation: Operation, error: GatewayError): void {
    this.given = true
    this.#handler.onError(operation, error)
  }
}

function notApplied(error: GatewayError, { kind }: Body): GatewayError {
  return intentOf[kind] === 'write' ? error.withOutcome('not-applied') : error
}

function isLongList(body: Body): body is KeysBody {
  return 'keys' in body && body.kind !== 'lease-drop' && body.keys.length > keysPerEntry
}

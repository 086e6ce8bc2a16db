import { GatewayError } from '../../src/errors.ts'
import type { BatchBody, Body, KeyRange, KeysBody, PointBody, ScanBody } from '../../src/operation/body.ts'
import type { Dispatcher, Handler, Operation } from '../../src/operation/operation.ts'
import type { Reply, ScanEntry } from '../../src/operation/reply.ts'
import type { Position } from '../../src/operation/token.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import {
  type Change,
  type Engine,
  recordSpace,
  type Space,
  type VolatileEngine,
} from '../../src/stores/embedded/engine/engine.ts'
import { evaluateAtomicBatch, evaluatePoint } from '../../src/stores/embedded/evaluate/batch.ts'
import { Evaluation } from '../../src/stores/embedded/evaluate/evaluation.ts'
import type { DecodedRecord } from '../../src/stores/embedded/record-codec.ts'
import { VolatileWorkspace } from '../../src/stores/embedded/volatile-workspace.ts'

export type FakeMode = 'sync' | 'deferred' | 'scattered'

export interface FakeOptions {
  readonly runtime: Runtime
  /**
   * `sync`: every answer comes at once. `deferred`: answers come when `deliver` is called, in the order it says.
   * `scattered`: answers come later by themselves, in random order.
   */
  readonly mode: FakeMode
  readonly maxValueBytes?: number
}

interface Pending {
  readonly operation: Operation
  readonly handler: Handler
  readonly answer: Reply | GatewayError
}

/**
 * A gateway and a store in one: executes operations in the order they come on a Map, with the embedded store's own
 * evaluation of puts, modifications and batches. For tests of an ingress alone.
 */
export class FakePointDispatcher implements Dispatcher {
  readonly seen: Operation[] = []
  readonly pending: Pending[] = []
  mode: FakeMode
  /** What `dispatch` answers. */
  accepts = true
  /** Errors to answer instead of executing, by body kind. */
  readonly failures = new Map<Body['kind'], GatewayError>()
  /** Keeps operations for inspection; costs memory. */
  recording = false
  readonly #engine = new MapEngine()
  readonly #workspace = new VolatileWorkspace(this.#engine, 1)
  readonly #evaluation: Evaluation
  readonly #runtime: Runtime
  readonly #limits: { readonly maxValueBytes: number }
  #positions: readonly Position[] = []

  constructor(options: FakeOptions) {
    this.mode = options.mode
    this.#runtime = options.runtime
    this.#evaluation = new Evaluation(this.#workspace, options.runtime.clock, 32 << 20)
    this.#limits = { maxValueBytes: options.maxValueBytes ?? 1 << 20 }
  }

  dispatch(operation: Operation, handler: Handler): boolean {
    if (this.recording) this.seen.push({ ...operation })
    const failure = this.failures.get(operation.body.kind)
    if (this.mode === 'sync') {
      answerTo({ operation, handler, answer: failure ?? this.#execute(operation.body) })
      return true
    }
    this.pending.push({ operation, handler, answer: failure ?? kept(this.#execute(operation.body)) })
    if (this.mode === 'scattered') this.#runtime.timers.soon(() => this.deliverAny())
    return this.accepts
  }

  /** Delivers the pending answer at `index`. */
  deliver(index = 0): void {
    const [one] = this.pending.splice(index, 1)
    if (one === undefined) throw new Error('nothing is pending')
    answerTo(one)
  }

  /** Delivers a pending answer, whichever. */
  deliverAny(): void {
    this.deliver(this.#runtime.random.integer(this.pending.length))
  }

  /** Delivers what is pending and what that leads to, in random order. */
  deliverAll(): void {
    while (this.pending.length > 0) this.deliverAny()
  }

  #execute(body: Body): Reply | GatewayError {
    const evaluation = this.#evaluation
    evaluation.begin()
    switch (body.kind) {
      case 'get':
        return { kind: 'record', record: evaluation.look(body.key), positions: this.#position() }
      case 'put':
      case 'delete':
      case 'modify':
        return this.#write(body)
      case 'batch':
        return this.#batch(body)
      case 'get-many':
      case 'delete-many':
      case 'exists-many':
        return this.#keys(body)
      case 'scan':
        return this.#scan(body)
      case 'size':
        return { kind: 'count', count: this.#keysIn({}).length, positions: this.#position() }
      case 'random-key':
        return this.#randomKey()
      default:
        return new GatewayError('internal', `the fake does not know ${body.kind}`)
    }
  }

  #write(body: PointBody): Reply | GatewayError {
    const result = evaluatePoint(this.#evaluation, body, this.#limits)
    this.#evaluation.finish()
    return result instanceof GatewayError ? result : { ...result, positions: this.#position() }
  }

  #batch(body: BatchBody): Reply | GatewayError {
    const evaluation = this.#evaluation
    const positions = this.#position()
    if (!body.atomic) {
      const results = body.operations.map((each) => evaluatePoint(evaluation, each, this.#limits))
      evaluation.finish()
      return { kind: 'batch', results, watchFailed: false, replayed: false, positions }
    }
    const outcome = evaluateAtomicBatch(evaluation, body, this.#limits)
    evaluation.finish()
    if (outcome.kind === 'failed') return outcome.error
    const results = outcome.kind === 'done' ? outcome.results : []
    return { kind: 'batch', results, watchFailed: outcome.kind === 'watch-failed', replayed: false, positions }
  }

  #keys(body: KeysBody): Reply {
    const evaluation = this.#evaluation
    const positions = this.#position()
    if (body.kind === 'get-many') {
      return { kind: 'records', records: body.keys.map((key) => evaluation.look(key)?.copy()), positions }
    }
    let count = 0
    for (const key of body.keys) {
      const there = evaluation.look(key) !== undefined
      if (there) count++
      if (there && body.kind === 'delete-many') evaluation.erase(key)
    }
    evaluation.finish()
    return { kind: 'count', count, positions }
  }

  #scan(body: ScanBody): Reply {
    const found = this.#keysIn(body.range)
    const entries: ScanEntry[] = found.slice(0, body.limit).map((key) => {
      const bytes = Buffer.from(key, 'latin1')
      const record = this.#evaluation.look(bytes)!.copy(body.values)
      return { key: bytes, record, size: record.valueEnd - record.valueStart }
    })
    return { kind: 'page', entries, more: found.length > entries.length, positions: this.#position() }
  }

  #randomKey(): Reply {
    const keys = this.#keysIn({})
    const key = keys[this.#runtime.random.integer(Math.max(1, keys.length))]
    const bytes = key === undefined ? undefined : Buffer.from(key, 'latin1')
    const record = bytes && this.#evaluation.look(bytes)?.copy(false)
    const entries = bytes && record ? [{ key: bytes, record, size: 0 }] : []
    return { kind: 'page', entries, more: false, positions: this.#position() }
  }

  #keysIn({ lower, upper }: KeyRange): string[] {
    const from = lower === undefined ? '' : Buffer.from(lower.key).toString('latin1')
    const to = upper === undefined ? undefined : Buffer.from(upper.key).toString('latin1')
    const within = (key: string): boolean =>
      (key > from || (key === from && lower?.inclusive !== false)) &&
      (to === undefined || key < to || (key === to && upper?.inclusive === true)) &&
      this.#evaluation.look(Buffer.from(key, 'latin1')) !== undefined
    return [...this.#engine.spaces[recordSpace].keys()].filter(within).sort()
  }

  /** One shared array until the next write, as the embedded store does. */
  #position(): readonly Position[] {
    const index = this.#workspace.durableIndex
    if (this.#positions[0]?.index !== index) this.#positions = [{ shard: 1, history: 1, epoch: 1, index }]
    return this.#positions
  }
}

function answerTo({ operation, handler, answer }: Pending): void {
  if (answer instanceof GatewayError) handler.onError(operation, answer)
  else handler.onReply(operation, answer)
}

/** Only a record that was looked up is a view; all else belongs to the reply. */
function kept(answer: Reply | GatewayError): Reply | GatewayError {
  if (answer instanceof GatewayError || answer.kind !== 'record') return answer
  return { ...answer, record: (answer.record as DecodedRecord | undefined)?.copy() }
}

const noBytes = new Uint8Array(0)

/** The part of an engine that `VolatileWorkspace` uses. */
export class MapEngine implements VolatileEngine {
  readonly name = 'memory' as const
  readonly durable = false
  readonly syncReads = true
  readonly spaces: [Map<string, Uint8Array>, Map<string, Uint8Array>] = [new Map(), new Map()]
  bytes: Uint8Array = noBytes
  start = 0
  end = 0

  find(space: Space, key: Uint8Array): boolean {
    const value = this.spaces[space].get(textOf(key))
    if (value === undefined) return false
    this.bytes = value
    this.end = value.length
    return true
  }

  put(space: Space, key: Uint8Array, value: Uint8Array, start: number, end: number): void {
    this.spaces[space].set(textOf(key), new Uint8Array(value.subarray(start, end)))
  }

  remove(space: Space, key: Uint8Array): boolean {
    return this.spaces[space].delete(textOf(key))
  }

  count(): { readonly keys: number; readonly exact: boolean } {
    return { keys: this.spaces[recordSpace].size, exact: true }
  }

  sizeBytes(): number {
    return 0
  }

  open(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  flushed(): Promise<void> {
    return Promise.resolve()
  }

  apply(_changes: readonly Change[], _mark: Uint8Array): Promise<void> {
    return Promise.reject(new Error('written to directly'))
  }

  fetch(_space: Space, _keys: readonly Uint8Array[]): ReturnType<Engine['fetch']> {
    return Promise.reject(new Error('answers at once'))
  }

  walk(): undefined {
    throw new Error('the fake walks by itself')
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).latin1Slice()
}

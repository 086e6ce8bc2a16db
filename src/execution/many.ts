import type { ErrorCode, GatewayError } from '../errors.ts'
import { type Body, intentOf } from '../operation/body.ts'
import { bytesOfBody, copyBody } from '../operation/copy-body.ts'
import type { Handler, Operation } from '../operation/operation.ts'
import type { QueryMemory } from '../operation/query/query-memory.ts'
import type { MissingShard, Reply } from '../operation/reply.ts'
import type { Position } from '../operation/token.ts'
import type { Plan } from '../routing/plan.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Random } from '../runtime/random.ts'
import type { Lanes } from './lanes.ts'
import type { Limiter, Waiting } from './limiter.ts'
import { merges } from './merge/merges.ts'
import { mergeOverBudget } from './merge/over-budget.ts'
import type { Reducer } from './merge/reducer.ts'
import { abandoned } from './shedding.ts'
import { StepAnswer } from './step-answer.ts'

export interface ManySettings {
  /** Shards asked at the same time for one operation. */
  readonly maxShardsInFlight: number
  /** How long one shard may take. */
  readonly shardTimeoutMs: number
  /** Bytes that merging one answer may hold. */
  readonly mergeBudgetBytes: number
}

export interface ManyParts {
  readonly lanes: Lanes
  readonly settings: ManySettings
  readonly clock: Clock
  readonly random: Random
  /** Where partial answers of queries are counted. */
  readonly queries: QueryMemory
  /** Whose permit covers the whole operation; undefined: each step needs a permit of its shard. */
  readonly gate: Limiter<Many> | undefined
}

/** Of the time left for an answer, what a shard may use that may be left out. */
const shareOfTime = 0.9

/** Failures of a shard, which an answer may leave out; others are about the request itself. */
const shardFailures: ReadonlySet<ErrorCode> = new Set(['unavailable', 'overloaded', 'deadline', 'store-failed'])

/**
 * Carries a plan out whose answers have to be merged: asks the shards its reducer wants asked, some at a time. A read
 * ends with the first failure, unless its plan leaves failed shards out. A write asks no further shard after a failure
 * and waits for those it asked, so as to say honestly whether anything may have been applied.
 */
export class Many implements Waiting {
  answered = false
  queuedAt = Number.NaN
  readonly write: boolean
  readonly #parts: ManyParts
  readonly #operation: Operation
  readonly #handler: Handler
  readonly #positions: (readonly Position[])[] = []
  readonly #missing: MissingShard[] = []
  #plan: Plan
  #body: Body
  #reducer: Reducer | undefined
  #inFlight = 0
  /** What `queries` count for it. */
  #countedBytes = 0
  /** For the gate's permit. */
  #waitedMs = 0
  #pumping = false
  #waits = false
  /** Something was applied, or may have been. */
  #touched = false
  #failure: GatewayError | undefined

  constructor(plan: Plan, operation: Operation, handler: Handler, parts: ManyParts) {
    this.#plan = plan
    this.#body = operation.body
    this.#operation = operation
    this.#handler = handler
    this.#parts = parts
    this.write = intentOf[operation.body.kind] === 'write'
  }

  get client(): string {
    return this.#operation.client.name
  }

  get deadline(): number {
    return this.#operation.deadline
  }

  get gone(): boolean {
    return this.#operation.origin.gone
  }

  get bytes(): number {
    return bytesOfBody(this.#body)
  }

  /** Answers false if a part of it has to wait. */
  run(): boolean {
    this.start()
    return this.answered || !this.#waits
  }

  start(): void {
    const { settings, random, clock } = this.#parts
    if (!Number.isNaN(this.queuedAt)) this.#waitedMs = clock.now() - this.queuedAt
    // Steps that do not start in this very call must not look into the ingress' buffer.
    if (this.#plan.steps.length > settings.maxShardsInFlight) this.keepBody()
    const { merge } = this.#plan
    if (merge === 'lease-steps') throw new Error('the steps of a lease follow one another')
    this.#reducer = merges[merge](this.#plan, { body: this.#body, budgetBytes: settings.mergeBudgetBytes, random })
    this.#pump()
  }

  keepBody(): void {
    this.#body = copyBody(this.#body)
    const steps = this.#plan.steps.map((step) => ({ ...step, body: step.body && copyBody(step.body) }))
    this.#plan = { ...this.#plan, steps }
  }

  refuse(error: GatewayError): void {
    this.answered = true
    this.#handler.onError(this.#operation, error)
  }

  /** For `StepAnswer` only. */
  takeReply(step: number, reply: Reply): void {
    this.#inFlight--
    if (this.write) this.#touched = true
    if (!this.answered) {
      const reducer = this.#reducer!
      this.#positions[step] = reply.positions
      const failure = reducer.take(step, reply)
      if (this.#body.kind === 'query') this.#count(reducer.bytes)
      if (failure !== undefined) this.#failure ??= failure
      else if (reducer.bytes > this.#parts.settings.mergeBudgetBytes) {
        this.#failure ??= mergeOverBudget(this.#parts.settings.mergeBudgetBytes)
      }
    }
    this.#pump()
  }

  /** For `StepAnswer` only. */
  takeError(step: number, error: GatewayError): void {
    this.#inFlight--
    if (error.outcome !== 'not-applied') this.#touched = true
    if (!this.answered && !this.#reducer!.absorb(step, error)) {
      if (this.#plan.onFailure === 'leave-out' && shardFailures.has(error.code)) this.#leaveOut(step, error)
      else this.#failure ??= error
    }
    this.#pump()
  }

  #leaveOut(step: number, error: GatewayError): void {
    this.#missing.push({ shard: this.#plan.steps[step]!.target.shard, error })
    if (this.#missing.length === this.#plan.steps.length) this.#failure ??= error
    else this.#reducer!.leaveOut(step)
  }

  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    for (let step = this.#nextStep(); step !== undefined; step = this.#nextStep()) this.#ask(step)
    this.#pumping = false
    if (!this.answered) this.#conclude()
    if (this.answered && this.#inFlight === 0 && this.#parts.gate !== undefined) {
      this.#parts.gate.release()
      this.#parts.gate.drain()
    }
  }

  #nextStep(): number | undefined {
    if (this.answered || this.#failure !== undefined || this.#inFlight >= this.#parts.settings.maxShardsInFlight) {
      return undefined
    }
    if (this.#reducer!.done) return undefined
    if (!this.gone) return this.#reducer!.next()
    this.#failure = abandoned(this.write)
    return undefined
  }

  #ask(step: number): void {
    this.#inFlight++
    const lane = this.#parts.lanes.to(this.#plan.steps[step]!.target)
    const body = this.#reducer!.bodyFor(step)
    const answer = new StepAnswer(this, step)
    const accepted =
      this.#parts.gate === undefined
        ? lane.submitStep(body, this.#operation, answer, this.#stepDeadline())
        : lane.sendStep(body, this.#operation, answer, this.#stepDeadline(), this.#waitedFor(step))
    if (!accepted) this.#waits = true
  }

  /** The operation's wait belongs to what it asks first, not to later pages. */
  #waitedFor(step: number): number {
    return this.#positions[step] === undefined ? this.#waitedMs : 0
  }

  /** Of a shard asked now. One that may be left out must leave time to ask others and to answer. */
  #stepDeadline(): number {
    const now = this.#parts.clock.now()
    const share = this.#plan.onFailure === 'leave-out' ? shareOfTime : 1
    return now + Math.min(this.#parts.settings.shardTimeoutMs, (this.deadline - now) * share)
  }

  #conclude(): void {
    if (this.#failure !== undefined) {
      if (this.write && this.#inFlight > 0) return
      return this.#fail(this.#failure)
    }
    if (!this.#reducer!.done && this.#inFlight > 0) return
    const reply = this.#reducer!.finish(this.#positions.flat(), this.#missing)
    if (!('kind' in reply)) return this.#fail(reply)
    this.answered = true
    try {
      this.#handler.onReply(this.#operation, reply)
    } finally {
      this.#count(0)
    }
  }

  #fail(error: GatewayError): void {
    this.answered = true
    const outcome = this.#touched ? 'unknown' : 'not-applied'
    this.#count(0)
    this.#handler.onError(this.#operation, this.write ? error.withOutcome(outcome) : error)
  }

  #count(bytes: number): void {
    this.#parts.queries.resize(this.#countedBytes, bytes)
    this.#countedBytes = bytes
  }
}

import type { BodyKind } from '../operation/body.ts'
import type { Dispatcher, Handler, Operation } from '../operation/operation.ts'
import type { QueryMemory } from '../operation/query/query-memory.ts'
import type { Plan } from '../routing/plan.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type LaneLoad, type LaneSettings, Lanes, type Sessions } from './lanes.ts'
import { LeasedPut } from './leased-put.ts'
import { Limiter } from './limiter.ts'
import { fixedLimit } from './limits/fixed-limit.ts'
import { Many, type ManyParts, type ManySettings } from './many.ts'
import type { ExecutionObserver } from './observer.ts'
import { type RevocationSettings, Revocations } from './revocations.ts'
import { Ticker } from './ticker.ts'

export interface ExecutionSettings extends LaneSettings, ManySettings, RevocationSettings {
  /** Scans, counts and queries that run at the same time, and that wait for it. */
  readonly maxScans: number
  readonly scanQueueLength: number
}

export interface ExecutionParts {
  readonly sessions: Sessions
  readonly settings: ExecutionSettings
  readonly runtime: Runtime
  /** Shared with the stores of this process. */
  readonly queries: QueryMemory
  readonly observer?: ExecutionObserver
  /** Takes the operations that execution itself has to send: those that end a lease. */
  readonly internal: Dispatcher
}

/**
 * Work in proportion to a range of keys, not to the request: bounded apart, so that it never crowds others out. A store
 * that does not know its size walks all its keys to find out.
 */
function isHeavy(kind: BodyKind): boolean {
  return kind === 'scan' || kind === 'count' || kind === 'query' || kind === 'size'
}

/** Carries plans out: one step directly, several with a merge. */
export class Execution {
  readonly #lanes: Lanes
  readonly #ticker: Ticker
  readonly #scans: Limiter<Many>
  readonly #light: ManyParts
  readonly #heavy: ManyParts
  readonly #revocations: Revocations

  constructor({ sessions, settings, runtime, queries, observer, internal }: ExecutionParts) {
    this.#ticker = new Ticker(runtime)
    this.#lanes = new Lanes(sessions, settings, runtime, this.#ticker, observer)
    this.#scans = new Limiter({
      limit: fixedLimit(settings.maxScans),
      queue: { ...settings, queueLength: settings.scanQueueLength },
      runtime,
      fullReason: 'scans',
      ready: () => true,
    })
    this.#ticker.watch((now) => this.#scans.sweep(now))
    const shared = { lanes: this.#lanes, settings, clock: runtime.clock, random: runtime.random, queries }
    this.#light = { ...shared, gate: undefined }
    this.#heavy = { ...shared, gate: this.#scans }
    this.#revocations = new Revocations(internal, settings, runtime, this.#ticker)
  }

  /** The handler is called exactly once. False if the operation has to wait: the caller should hold its client back. */
  execute(plan: Plan, operation: Operation, handler: Handler): boolean {
    const { body } = operation
    if (isHeavy(body.kind)) return this.#executeHeavy(new Many(plan, operation, handler, this.#heavy))
    if (plan.merge === 'one') {
      const { target } = plan.steps[0]!
      return this.#lanes.to(target).submit(body, operation, handler)
    }
    if (plan.merge !== 'lease-steps') return new Many(plan, operation, handler, this.#light).run()
    if (body.kind === 'lease-revoke') return this.#revocations.revoke(body.id, operation, handler)
    return new LeasedPut(plan, operation, handler, this.#lanes).run()
  }

  /** A shard says that a lease has ended: deletes its keys wherever they are. May be said again. */
  expireLease(id: number): void {
    this.#revocations.expire(id)
  }

  /** How busy the shards are. */
  loads(): LaneLoad[] {
    return this.#lanes.loads()
  }

  /** Resolves once nothing is in flight and nothing waits, or after `withinMs`; the stores may be closed then. */
  async drain(withinMs: number): Promise<void> {
    this.#revocations.leave()
    await this.#ticker.idle(withinMs)
    this.#revocations.close()
  }

  #executeHeavy(many: Many): boolean {
    if (this.#scans.tryAcquire()) return many.run()
    if (this.#scans.enqueue(many)) this.#ticker.arm()
    return many.answered
  }
}

import type { Admission } from './admission/admission.ts'
import { GatewayError } from './errors.ts'
import { Execution, type ExecutionParts } from './execution/execution.ts'
import type { LaneLoad } from './execution/lanes.ts'
import type { Intent } from './operation/body.ts'
import type { Client, Dispatcher, Handler, Operation } from './operation/operation.ts'
import { explain } from './routing/explain.ts'
import type { ExplainableOperation, Explanation } from './routing/explanation.ts'
import { type RoutingSettings, route } from './routing/route.ts'
import type { Topology } from './routing/topology.ts'

export interface GatewayParts {
  readonly admission: Admission
  readonly topology: Topology
  readonly routing: RoutingSettings
  readonly execution: Omit<ExecutionParts, 'internal'>
}

/**
 * The way of a request, the same for every protocol: admission, routing, execution. What comes before is the ingress,
 * what comes after are the stores (`docs/life-of-a-request.md`).
 */
export class Gateway implements Dispatcher {
  /** Replaced whole when coordination says something new; requests under way keep their plans. */
  topology: Topology
  readonly #admission: Admission
  readonly #routing: RoutingSettings
  readonly #execution: Execution

  constructor({ admission, topology, routing, execution }: GatewayParts) {
    this.topology = topology
    this.#admission = admission
    this.#routing = routing
    const internal: Dispatcher = { dispatch: (operation, handler) => this.#routeAndExecute(operation, handler) }
    this.#execution = new Execution({ ...execution, internal })
  }

  /** See `Dispatcher`. */
  dispatch(operation: Operation, handler: Handler): boolean {
    const refusal = this.#admission.admit(operation)
    if (refusal === undefined) return this.#routeAndExecute(operation, handler)
    handler.onError(operation, refusal)
    return true
  }

  /** Whether a client may send what such a request brings: why not, or undefined. */
  admitBody(client: Client, intent: Intent, now: number): GatewayError | undefined {
    return this.#admission.foresee(client, intent, now)
  }

  #routeAndExecute(operation: Operation, handler: Handler): boolean {
    const plan = route(operation, this.topology, this.#routing)
    if (!(plan instanceof GatewayError)) return this.#execution.execute(plan, operation, handler)
    handler.onError(operation, plan)
    return true
  }

  /** Where such a request would go now, or the error it would get. */
  explain(operation: ExplainableOperation, keys: readonly Uint8Array[]): Explanation | GatewayError {
    return explain(operation, keys, this.topology, this.#routing)
  }

  /** A store says that a lease has ended. */
  expireLease(id: number): void {
    this.#execution.expireLease(id)
  }

  /** How busy the shards are. */
  loads(): LaneLoad[] {
    return this.#execution.loads()
  }

  /** Refuses what comes from now on; resolves once everything under way has been answered, or after `withinMs`. */
  drain(withinMs: number): Promise<void> {
    this.#admission.drain()
    return this.#execution.drain(withinMs)
  }
}

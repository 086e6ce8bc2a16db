import { GatewayError } from '../../errors.ts'
import type { Body } from '../../operation/body.ts'
import type { MissingShard, Reply } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'
import type { PlanStep } from '../../routing/plan.ts'
import type { Reducer } from './reducer.ts'

/** Asks every step once, in any order, and needs all answers. */
export abstract class EachOnce<K extends Reply['kind']> implements Reducer {
  readonly done = false
  bytes = 0
  protected readonly steps: readonly PlanStep[]
  readonly #body: Body
  readonly #expected: K
  #asked = 0

  constructor(steps: readonly PlanStep[], body: Body, expected: K) {
    this.steps = steps
    this.#body = body
    this.#expected = expected
  }

  next(): number | undefined {
    return this.#asked < this.steps.length ? this.#asked++ : undefined
  }

  bodyFor(step: number): Body {
    return this.steps[step]!.body ?? this.#body
  }

  take(step: number, reply: Reply): GatewayError | undefined {
    if (reply.kind !== this.#expected) return unexpected(reply)
    return this.fold(step, reply as Extract<Reply, { readonly kind: K }>)
  }

  absorb(_step: number, _error: GatewayError): boolean {
    return false
  }

  leaveOut(_step: number): void {}

  protected abstract fold(step: number, reply: Extract<Reply, { readonly kind: K }>): GatewayError | undefined
  abstract finish(positions: readonly Position[], missing: readonly MissingShard[]): Reply | GatewayError
}

export function unexpected(reply: Reply): GatewayError {
  return new GatewayError('internal', `A store gave an answer of kind ${reply.kind} that does not fit the request`)
}

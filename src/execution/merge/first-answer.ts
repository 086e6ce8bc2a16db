import type { GatewayError } from '../../errors.ts'
import type { Body } from '../../operation/body.ts'
import type { Reply } from '../../operation/reply.ts'
import type { PlanStep } from '../../routing/plan.ts'
import type { Reducer } from './reducer.ts'

/** The only answer is the answer: of a range, so that it holds no bytes on loan. */
export class FirstAnswer implements Reducer {
  readonly bytes = 0
  readonly #body: Body
  #asked = false
  #reply: Reply | undefined

  constructor(steps: readonly PlanStep[], body: Body) {
    this.#body = steps[0]!.body ?? body
  }

  get done(): boolean {
    return this.#reply !== undefined
  }

  next(): number | undefined {
    if (this.#asked) return undefined
    this.#asked = true
    return 0
  }

  bodyFor(): Body {
    return this.#body
  }

  take(_step: number, reply: Reply): undefined {
    this.#reply = reply
  }

  absorb(_step: number, _error: GatewayError): boolean {
    return false
  }

  leaveOut(): void {}

  finish(): Reply {
    return this.#reply!
  }
}

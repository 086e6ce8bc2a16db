import type { GatewayError } from '../../errors.ts'
import type { Body } from '../../operation/body.ts'
import type { PageReply, Reply } from '../../operation/reply.ts'
import type { Position } from '../../operation/token.ts'
import { unexpected } from './each-once.ts'
import type { Reducer } from './reducer.ts'

/**
 * One entry from whichever shard has one: shards are asked one after the other, from a random one on. That none has
 * any is only said if every one answered.
 */
export class AnyOf implements Reducer {
  readonly bytes = 0
  readonly #shards: number
  readonly #first: number
  readonly #body: Body
  #asked = 0
  #answered = 0
  #found: PageReply | undefined
  #error: GatewayError | undefined

  constructor(shards: number, body: Body, first: number) {
    this.#shards = shards
    this.#body = body
    this.#first = first
  }

  get done(): boolean {
    return this.#found !== undefined
  }

  next(): number | undefined {
    if (this.#asked > this.#answered || this.#asked === this.#shards) return undefined
    return (this.#first + this.#asked++) % this.#shards
  }

  bodyFor(): Body {
    return this.#body
  }

  take(_step: number, reply: Reply): GatewayError | undefined {
    this.#answered++
    if (reply.kind !== 'page') return unexpected(reply)
    if (reply.entries.length > 0) this.#found = reply
    return undefined
  }

  absorb(_step: number, error: GatewayError): boolean {
    this.#answered++
    this.#error ??= error
    return true
  }

  leaveOut(): void {
    this.#answered++
  }

  finish(positions: readonly Position[]): Reply | GatewayError {
    if (this.#found !== undefined) return { ...this.#found, positions }
    return this.#error ?? { kind: 'page', entries: [], more: false, positions }
  }
}

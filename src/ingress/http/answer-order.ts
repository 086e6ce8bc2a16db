import type { Outbox } from '../outbox.ts'
import type { HttpContext } from './context.ts'
import { Exchange, type ExchangeOwner } from './exchange.ts'

/**
 * The requests of one connection that are under way, in the order they came, which is the order of their answers. An
 * answer that is ready before its turn is held. Exchanges are used again unless somebody may still look at them.
 */
export class AnswerOrder {
  private readonly context: HttpContext
  private readonly owner: ExchangeOwner
  private readonly ring: (Exchange | undefined)[]
  private readonly free: Exchange[] = []
  private first = 0
  private length = 0

  constructor(context: HttpContext, owner: ExchangeOwner) {
    this.context = context
    this.owner = owner
    // One more than are read ahead, for the refusal of what follows them.
    this.ring = new Array(context.settings.pipelineHttp + 1)
  }

  get count(): number {
    return this.length
  }

  /** The request whose answer is due next. */
  get head(): Exchange | undefined {
    return this.length === 0 ? undefined : this.ring[this.first]
  }

  get last(): Exchange | undefined {
    return this.length === 0 ? undefined : this.ring[(this.first + this.length - 1) % this.ring.length]
  }

  take(): Exchange {
    const exchange = this.free.pop() ?? new Exchange(this.context, this.owner)
    this.ring[(this.first + this.length) % this.ring.length] = exchange
    this.length++
    return exchange
  }

  /** After an exchange became complete: writes what was held behind it. True if the connection is to end with it. */
  advance(outbox: Outbox): boolean {
    let ends = false
    for (let exchange = this.head; exchange !== undefined && !exchange.running; exchange = this.head) {
      if (exchange.held !== undefined) outbox.release(exchange.held)
      ends ||= exchange.closes
      this.ring[this.first] = undefined
      this.first = (this.first + 1) % this.ring.length
      this.length--
      if (exchange.isLent) continue
      exchange.clear()
      this.free.push(exchange)
    }
    return ends
  }
}

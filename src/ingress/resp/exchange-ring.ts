import type { Exchange } from './exchange.ts'

/**
 * The commands of one connection whose answers have not been written, in the order they came. Grows with the number
 * in flight: a connection whose answers come at once needs a single exchange for ever.
 */
export class ExchangeRing {
  private readonly make: () => Exchange
  private slots: Exchange[]
  private head = 0
  private tail = 0

  constructor(make: () => Exchange) {
    this.make = make
    this.slots = [make()]
  }

  get inFlight(): number {
    return (this.tail - this.head) | 0
  }

  /** The exchange whose answer is to be written next; only if there is one in flight. */
  get first(): Exchange {
    return this.slots[this.head & (this.slots.length - 1)]!
  }

  /** Takes a place at the end; its tag finds it again. */
  push(): Exchange {
    if (this.inFlight === this.slots.length) this.grow()
    const exchange = this.slots[this.tail & (this.slots.length - 1)]!
    exchange.tag = this.tail
    exchange.waiting = true
    this.tail = (this.tail + 1) | 0
    return exchange
  }

  /** The exchange with this tag, or undefined if it is not in flight. */
  find(tag: number): Exchange | undefined {
    const exchange = this.slots[tag & (this.slots.length - 1)]!
    return exchange.tag === tag && exchange.waiting ? exchange : undefined
  }

  /** The first one's answer has been written. */
  shift(): void {
    this.head = (this.head + 1) | 0
  }

  /** Puts another exchange into the place of one in flight that somebody may go on reading. */
  replace(lent: Exchange): Exchange {
    const fresh = this.make()
    fresh.takeOver(lent)
    lent.waiting = false
    this.slots[lent.tag & (this.slots.length - 1)] = fresh
    return fresh
  }

  /** None of them will be answered. */
  release(): void {
    for (let tag = this.head; tag !== this.tail; tag = (tag + 1) | 0) {
      this.slots[tag & (this.slots.length - 1)]!.release()
    }
  }

  private grow(): void {
    const old = this.slots
    const size = old.length * 2
    const grown = new Array<Exchange>(size)
    for (let i = 0; i < old.length; i++) {
      const tag = (this.head + i) | 0
      grown[tag & (size - 1)] = old[tag & (old.length - 1)]!
    }
    for (let i = 0; i < old.length; i++) {
      const tag = (this.head + old.length + i) | 0
      grown[tag & (size - 1)] = this.make()
    }
    this.slots = grown
  }
}

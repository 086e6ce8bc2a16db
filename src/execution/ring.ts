/** A first-in-first-out queue in a circular array that grows by doubling; no allocation while it does not grow. */
export class Ring<T> {
  #slots: (T | undefined)[] = new Array<T | undefined>(4).fill(undefined)
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(item: T): void {
    if (this.#length === this.#slots.length) this.#grow()
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item
    this.#length++
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const item = this.#slots[this.#head]
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.#length--
    return item
  }

  /** Drops the items for which `keep` says no, in place. */
  filter(keep: (item: T) => boolean): void {
    const mask = this.#slots.length - 1
    const before = this.#length
    let kept = 0
    for (let i = 0; i < before; i++) {
      const item = this.#slots[(this.#head + i) & mask]!
      if (keep(item)) this.#slots[(this.#head + kept++) & mask] = item
    }
    for (let i = kept; i < before; i++) this.#slots[(this.#head + i) & mask] = undefined
    this.#length = kept
  }

  #grow(): void {
    const ordered = [...this.#slots.slice(this.#head), ...this.#slots.slice(0, this.#head)]
    this.#slots = [...ordered, ...new Array<T | undefined>(ordered.length).fill(undefined)]
    this.#head = 0
  }
}

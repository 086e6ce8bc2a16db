/** Of one replica, what its leader knows. Times are monotonic milliseconds. */
export class Progress {
  readonly node: string
  /** As it says itself; undefined before it has said anything in this epoch. */
  disk: string | undefined
  /**
   * - `away`: not connected.
   * - `greeted`: it has been told of the epoch and has not answered.
   * - `following`: entries go to it as they come.
   * - `behind`: what it lacks is no longer in the log; it needs a snapshot.
   */
  state: 'away' | 'greeted' | 'following' | 'behind' = 'away'
  /** Of this epoch's log, it has everything up to here on its disk. */
  durable = 0
  applied = 0
  installing = false
  /** Entries from here on have not been sent. */
  next = 1
  /** Newest round it has confirmed. */
  round = 0
  awaySince: number
  /** When it last said anything. */
  #heardAt: number
  /** The last time at which it is known to have had everything. */
  #caughtUpAt: number
  /** Once it has this entry, it was caught up at that time. */
  #mark = { index: 0, at: 0 }
  /** Sent and not acknowledged, oldest first. */
  readonly #underWay: { readonly last: number; readonly bytes: number }[] = []
  #bytesUnderWay = 0

  constructor(node: string, now: number) {
    this.node = node
    this.awaySince = now
    this.#heardAt = now
    this.#caughtUpAt = now
  }

  get bytesUnderWay(): number {
    return this.#bytesUnderWay
  }

  /** It has been told that entries up to `last` are of this size. */
  sent(last: number, bytes: number): void {
    this.next = last + 1
    this.#underWay.push({ last, bytes })
    this.#bytesUnderWay += bytes
  }

  /** It begins to follow behind entry `index`. */
  follow(index: number): void {
    this.state = 'following'
    this.next = index + 1
    this.#forgetUnderWay()
  }

  leave(now: number): void {
    if (this.state !== 'away') this.awaySince = now
    this.state = 'away'
    this.round = 0
    this.#forgetUnderWay()
  }

  /** It has everything up to `durable`; the log ends at `end` now. */
  acknowledge(durable: number, end: number, now: number): void {
    this.#heardAt = now
    if (durable > this.durable) this.durable = durable
    while (this.#underWay.length > 0 && this.#underWay[0]!.last <= durable) {
      this.#bytesUnderWay -= this.#underWay.shift()!.bytes
    }
    if (this.durable < this.#mark.index) return
    this.#caughtUpAt = this.durable >= end ? now : Math.max(this.#caughtUpAt, this.#mark.at)
    this.#mark = { index: end, at: now }
  }

  /** How long ago it last had everything, or last said so: one that stands still confirms no reads either. */
  lagMs(end: number, now: number): number {
    const complete = this.state === 'following' && this.durable >= end
    return Math.max(complete ? 0 : now - this.#caughtUpAt, now - this.#heardAt)
  }

  /** The leader itself stood still: nobody else is to blame for that time. */
  excuse(now: number): void {
    this.#caughtUpAt = now
    this.#heardAt = now
    this.#mark.at = now
    if (this.state === 'away') this.awaySince = now
  }

  #forgetUnderWay(): void {
    this.#underWay.length = 0
    this.#bytesUnderWay = 0
  }
}

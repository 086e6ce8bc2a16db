/**
 * Rounds of confirmations that a leader still is one (R8, read index as in Raft's dissertation, section 6.4): a read is
 * confirmed by a round that began after it arrived. One round is under way at a time, and all reads that arrive meanwhile
 * share the next.
 */
export class Rounds {
  /** The newest round that was begun. */
  begun = 0
  /** The newest one that everybody has confirmed. */
  confirmed = 0
  #wanted = 0

  /** A read arrives; answers the round that confirms it. */
  want(): number {
    this.#wanted = this.begun + 1
    return this.#wanted
  }

  /** Whether a round is to be begun now. */
  get due(): boolean {
    return this.#wanted > this.begun && this.confirmed === this.begun
  }

  begin(): number {
    this.begun += 1
    return this.begun
  }

  /** Everybody has confirmed `round`; true if that is news. */
  confirm(round: number): boolean {
    if (round <= this.confirmed) return false
    this.confirmed = round
    return true
  }
}

/** Looks without a new entry after which nobody more is expected. One look is a turn of the event loop. */
const lullLooks = 16
/** Bounds of the wait, in milliseconds; between them half of what the last datasync took. */
const shortestMs = 0.5
const longestMs = 3

/**
 * When to write the next block after one became durable. Clients who have just been answered tend to write again at
 * once. To write without them splits the clients into two groups that wait for each other's datasync, so their writes
 * are waited for, a little. It is PostgreSQL's `commit_delay` with `commit_siblings`, sized by what was observed.
 */
export class Gathering {
  private until = 0
  private enough = 0
  private seen = 0
  private quietLooks = 0

  /** A block of `answered` entries became durable after `syncMs`; `pending` wait for the next. Times in milliseconds. */
  begin(answered: number, pending: number, syncMs: number, now: number): void {
    this.until = now + Math.min(Math.max(syncMs / 2, shortestMs), longestMs)
    this.enough = answered + pending
    this.seen = pending
    this.quietLooks = 0
  }

  /** Whether to go on waiting, with `pending` entries by now. */
  goesOn(pending: number, now: number): boolean {
    if (pending === this.seen) this.quietLooks++
    else {
      this.seen = pending
      this.quietLooks = 0
    }
    return pending < this.enough && this.quietLooks < lullLooks && now < this.until
  }
}

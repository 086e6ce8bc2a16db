import type { Clock } from '../../runtime/clock.ts'

/** Above this share of its bound, a backlog grows no faster than it is worked off; the rest bridges what holds that up. */
const pacedShare = 7 / 8
/** How far back the rate looks at which the backlog is worked off. */
const rateMs = 1000
/** While the rest is in use, a little less is let in than is worked off, so that it comes back. */
const inUseShare = 0.9

/**
 * Says how large the backlog of unapplied writes may be. While little waits, writes are let in as they come. In its last
 * eighth they are let in at the pace of the engine, as it was over the last second and whatever it does at the moment: a
 * transaction that a disk holds up for a second would otherwise be a second without any write, and those that wait would
 * be refused for their age.
 */
export class BacklogPace {
  readonly #clock: Clock
  readonly #boundBytes: number
  readonly #pacedBytes: number
  /** Worked off, in bytes a millisecond. */
  #rate = 0
  /** When the engine took something last, and what was left then. */
  #tookAt: number
  #leftBytes = 0

  constructor(clock: Clock, boundBytes: number) {
    this.#clock = clock
    this.#boundBytes = boundBytes
    this.#pacedBytes = boundBytes * pacedShare
    this.#tookAt = clock.now()
  }

  /** The engine has taken `bytes`, and `leftBytes` are left. */
  took(bytes: number, leftBytes: number): void {
    const now = this.#clock.now()
    const tookMs = Math.max(now - this.#tookAt, 0.1)
    const weight = 1 - Math.exp(-tookMs / rateMs)
    this.#rate += (bytes / tookMs - this.#rate) * weight
    this.#tookAt = now
    this.#leftBytes = leftBytes
  }

  /** Whether a backlog of so many bytes may still grow. */
  hasRoom(bytes: number): boolean {
    return bytes < this.#pacedBytes || bytes < this.#ceiling
  }

  /** Milliseconds after which a backlog of so many bytes may grow if the engine takes nothing until then; infinite: never. */
  roomAfterMs(bytes: number): number {
    if (this.hasRoom(bytes)) return 0
    const comes = bytes < this.#boundBytes && this.#pace > 0
    return comes ? (bytes - this.#ceiling) / this.#pace : Number.POSITIVE_INFINITY
  }

  get #ceiling(): number {
    const granted = (this.#clock.now() - this.#tookAt) * this.#pace
    return Math.min(this.#boundBytes, Math.max(this.#leftBytes, this.#pacedBytes) + granted)
  }

  get #pace(): number {
    return this.#leftBytes > this.#pacedBytes ? this.#rate * inUseShare : this.#rate
  }
}

/** What one record may take, in steps of about ten nanoseconds; at least so much for each of its bytes. */
export const mostSteps = 2_000_000
const mostStepsPerByte = 2

/** One record takes a query more than it may. */
export class TooManySteps extends Error {}

/**
 * Counts what a query does, so that its work can be cut into slices and no record holds the process up: conditions and
 * values multiply, and a record's part is done in one go. Loops count once they are through, each element as one step.
 */
export class Steps {
  /** Since the query began. */
  taken = 0
  #most = Number.POSITIVE_INFINITY

  /** Counts the parsing of a value of `bytes`; from here on its record may take what a record may. */
  beginRecord(bytes: number): void {
    this.taken += 1 + bytes
    this.#most = this.taken + Math.max(mostSteps, mostStepsPerByte * bytes)
  }

  /** Throws `TooManySteps` past the bound. */
  take(count: number): void {
    this.taken += count
    if (this.taken > this.#most) throw new TooManySteps()
  }
}

/** For work that is bounded otherwise. */
export const unmetered = new Steps()

/** An invariant that did not hold. */
export interface Violation {
  readonly checker: string
  readonly what: string
  /** Virtual milliseconds. */
  readonly at: number
}

export type Report = (checker: string, what: string) => void

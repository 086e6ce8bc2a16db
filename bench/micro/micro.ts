/** One small thing that the way of a request does, by itself. */
export interface Micro {
  readonly name: string
  /** What one operation is. */
  readonly unit: string
  /** Does it `times` times and answers a number that depends on the work, so that none of it can be left out. */
  run(times: number): number
}

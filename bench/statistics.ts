/** What several rounds of one figure come to. Spread is the smallest and the largest round, not a deviation. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly rounds: number
}

/** The middle value; of an even number of values the mean of the two in the middle. Throws if there are none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('no values')
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

export function summarize(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), rounds: values.length }
}

/**
 * The ratio of the medians. Its spread comes from the rounds themselves: `of[i]` and `over[i]` ran in the same round, so
 * a slow minute of the machine hits both and says nothing about the ratio. Rounds that only one side has are left out.
 */
export function ratioOf(of: readonly number[], over: readonly number[]): Summary {
  const pairs = Math.min(of.length, over.length)
  const ratios = Array.from({ length: pairs }, (_, i) => of[i]! / over[i]!)
  return { ...summarize(ratios), median: median(of.slice(0, pairs)) / median(over.slice(0, pairs)) }
}

/**
 * The `count` smallest of the numbers above `after` that are `wanted`, in order, without sorting all of them: candidates
 * are gathered up to twice as many as are wanted, and then cut, after which what is larger than the last is passed over.
 */
export function smallestAbove(
  after: number,
  numbers: Iterable<number>,
  count: number,
  wanted: (number: number) => boolean,
): number[] {
  const candidates: number[] = []
  let below = Number.POSITIVE_INFINITY
  for (const number of numbers) {
    if (number <= after || number >= below || !wanted(number)) continue
    candidates.push(number)
    if (candidates.length < 2 * count) continue
    cut(candidates, count)
    below = candidates[count - 1]!
  }
  cut(candidates, count)
  return candidates
}

function cut(candidates: number[], count: number): void {
  candidates.sort((a, b) => a - b)
  if (candidates.length > count) candidates.length = count
}

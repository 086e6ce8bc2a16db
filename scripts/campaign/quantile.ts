/** The value that a share `q` (0..1) of the numbers does not exceed (nearest rank); 0 if there are none. */
export function quantile(numbers: readonly number[], q: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0
}

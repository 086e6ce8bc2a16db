const group = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** `1,234,567` */
export function formatCount(count: number): string {
  return group.format(count)
}

/** Three digits that matter, in the unit a person would choose. */
export function formatMicros(micros: number): string {
  if (micros < 1000) return `${Math.round(micros)} us`
  if (micros < 1_000_000) return `${threeDigits(micros / 1000)} ms`
  return `${threeDigits(micros / 1_000_000)} s`
}

/** `0.214`, `1.20`, `12.3`, `123` */
export function threeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0)
  if (value >= 10) return value.toFixed(1)
  return value >= 1 ? value.toFixed(2) : value.toFixed(3)
}

const bars = '▁▂▃▄▅▆▇█'

/** One character for each value, scaled from 0 to the largest. */
export function sparkline(values: readonly number[]): string {
  const highest = Math.max(...values, 0)
  const level = (value: number): number => (highest === 0 ? 0 : Math.round((value / highest) * (bars.length - 1)))
  return values.map((value) => bars[level(value)]).join('')
}

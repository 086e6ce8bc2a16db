const group = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

export function formatCount(count: number): string {
  return group.format(count)
}

/** Three digits that matter, in the unit a person would choose. */
export function formatMicros(micros: number): string {
  if (micros < 1000) return `${Math.round(micros)} us`
  if (micros < 1_000_000) return `${digits(micros / 1000)} ms`
  return `${digits(micros / 1_000_000)} s`
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

const bars = '▁▂▃▄▅▆▇█'

/** One character for each value, scaled from 0 to the largest. */
export function sparkline(values: readonly number[]): string {
  const highest = Math.max(...values, 0)
  const level = (value: number): number => (highest === 0 ? 0 : Math.round((value / highest) * (bars.length - 1)))
  return values.map((value) => bars[level(value)]).join('')
}

/** Durations and sizes as people write them: a number and a unit, without a space. */

const durationUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const sizeUnits = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 } as const

export const durationPattern = /^\d+(\.\d+)?(ms|s|m|h|d)$/
export const sizePattern = /^\d+(\.\d+)?(B|KiB|MiB|GiB|TiB)$/

/** Milliseconds (whole) in `250ms`, `2s`, `1.5h`, `7d`; undefined if the text is no duration. */
export function parseDuration(text: string): number | undefined {
  return durationPattern.test(text) ? scaled(text, durationUnits) : undefined
}

/** Bytes (whole) in `512B`, `64KiB`, `1MiB`, `2GiB`; undefined if the text is no size. */
export function parseSize(text: string): number | undefined {
  return sizePattern.test(text) ? scaled(text, sizeUnits) : undefined
}

/** The shortest exact way to write it: `90s`, `10m`, `1h`. */
export function formatDuration(ms: number): string {
  return formatted(ms, durationUnits)
}

/** The shortest exact way to write it: `1536B`, `64KiB`, `1MiB`. */
export function formatSize(bytes: number): string {
  return formatted(bytes, sizeUnits)
}

function scaled(text: string, units: Readonly<Record<string, number>>): number {
  const number = Number.parseFloat(text)
  const unit = text.replace(/^[\d.]+/, '')
  return Math.round(number * (units[unit] ?? Number.NaN))
}

function formatted(amount: number, units: Readonly<Record<string, number>>): string {
  let best = ''
  for (const [unit, factor] of Object.entries(units)) {
    if (best === '' || (amount !== 0 && amount % factor === 0)) best = `${amount / factor}${unit}`
  }
  return best
}

import { formatCount, threeDigits } from '../loadgen/format.ts'

/** `1,234,567` */
export const humanCount = formatCount

/** Three digits that matter, in the unit a person would choose: `0.214 ms`, `12.3 ms`, `1.20 s`. */
export function humanMs(ms: number): string {
  return ms < 1000 ? `${threeDigits(ms)} ms` : `${threeDigits(ms / 1000)} s`
}

/** `12 B`, `1.20 KiB`, `64.0 MiB` */
export function humanBytes(bytes: number): string {
  let amount = bytes
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (amount < 1024) return `${unit === 'B' ? amount : threeDigits(amount)} ${unit}`
    amount /= 1024
  }
  return `${threeDigits(amount)} TiB`
}

/** The two largest parts: `3m 12s`, `2d 4h`. */
export function humanSeconds(seconds: number): string {
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [Math.floor(seconds) % 60, 's'],
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  if (first < 0) return '0s'
  const shown = parts.slice(first, first + 2).filter(([amount]) => amount > 0)
  return shown.map(([amount, unit]) => `${amount}${unit}`).join(' ')
}

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const pattern = /^(\d{1,15}(?:\.\d{1,9})?)(ms|s|m|h|d)$/

/** Whole milliseconds in `250ms`, `2s`, `1.5h`, `7d`; undefined if the text is no duration. */
export function parseDuration(text: string): number | undefined {
  const ms = exactMs(text)
  return ms && Math.round(ms)
}

function exactMs(text: string): number | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  return Number.parseFloat(match[1]!) * units[match[2] as keyof typeof units]
}

/** What a time to live has to be; ends a sentence that begins with its name. */
export const ttlRule = 'must be a duration from 1ms to 100 years such as 250ms, 30s, 1.5h or 7d, or whole seconds'

/** Whole milliseconds of a time to live (`ttlRule`): seconds need no unit, as leases of etcd have them. */
export function parseTtl(text: string): number | undefined {
  const ms = /^\d{1,10}$/.test(text) ? Number(text) * 1000 : exactMs(text)
  return ms !== undefined && ms >= 1 && ms <= 100 * 365 * units.d ? Math.round(ms) : undefined
}

import type { ConnectionRefusal } from '../ingress/connection-limits.ts'
import type { Clock } from '../runtime/clock.ts'

const periodMs = 60_000

/** `refused`: connections refused for this reason since it was told last; `address`: of the newest. */
export type RefusalWarning = (refusal: ConnectionRefusal, address: string, refused: number) => void

interface Told {
  refused: number
  quietUntil: number
}

/** Passes on that connections are refused: of each reason at once, then once a minute at most. */
export class RefusalWarnings {
  readonly #clock: Clock
  readonly #warn: RefusalWarning
  readonly #told = new Map<ConnectionRefusal, Told>()

  constructor(clock: Clock, warn: RefusalWarning) {
    this.#clock = clock
    this.#warn = warn
  }

  refused(refusal: ConnectionRefusal, address: string): void {
    const told = this.#told.get(refusal) ?? { refused: 0, quietUntil: Number.NEGATIVE_INFINITY }
    this.#told.set(refusal, told)
    told.refused++
    const now = this.#clock.now()
    if (now < told.quietUntil) return
    told.quietUntil = now + periodMs
    this.#warn(refusal, address, told.refused)
    told.refused = 0
  }
}

/** What was reached and which options say so, for a person. */
export function whyRefused(
  refusal: ConnectionRefusal,
  limits: {
    readonly maxConnections: number
    readonly maxConnectionsPerIp: number
    readonly connectionRatePerIp: number
    readonly connectionBurstPerIp: number
  },
): string {
  const { maxConnections, maxConnectionsPerIp, connectionRatePerIp, connectionBurstPerIp } = limits
  switch (refusal) {
    case 'total':
      return `there may be ${maxConnections}, and no more than the limit of open files allows; see limits.maxConnections`
    case 'per-address':
      return `one address may hold ${maxConnectionsPerIp}; see limits.maxConnectionsPerIp, limits.trustedAddresses`
    case 'rate':
      return (
        `one address may open ${connectionRatePerIp} a second, ${connectionBurstPerIp} at once; ` +
        'see limits.connectionRatePerIp, limits.connectionBurstPerIp, limits.trustedAddresses'
      )
  }
}

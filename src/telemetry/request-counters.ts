import { type ErrorCode, errorTable, type GatewayError, type ShedReason } from '../errors.ts'

const codes = Object.keys(errorTable) as ErrorCode[]
const codeIndex = Object.fromEntries(codes.map((code, i) => [code, i])) as Record<ErrorCode, number>

/** Every reason, so that each is exported from the start with a zero. */
export const shedReasons = [
  'connections',
  'rate',
  'queue-full',
  'queue-age',
  'scans',
  'backlog',
  'idempotency-full',
  'leases-full',
  'draining',
] as const satisfies readonly ShedReason[]

const reasonIndex = Object.fromEntries(shedReasons.map((reason, i) => [reason, i])) as Record<
  (typeof shedReasons)[number],
  number
> satisfies Record<ShedReason, number>

export interface OutcomeCount {
  readonly series: number
  /** `ok` or an error code. */
  readonly outcome: 'ok' | ErrorCode
  readonly count: number
}

/** How requests ended, by series (`seriesOf`). Plain numbers; whoever exports them reads them when asked. */
export class RequestCounters {
  private readonly ok: Float64Array
  private readonly failures: Float64Array
  private readonly sheds = new Float64Array(shedReasons.length)

  constructor(seriesCount: number) {
    this.ok = new Float64Array(seriesCount)
    this.failures = new Float64Array(seriesCount * codes.length)
  }

  answered(series: number, count: number): void {
    this.ok[series]! += count
  }

  /** Counts the shed reason too, if there is one. */
  failed(series: number, error: GatewayError): void {
    this.failures[series * codes.length + codeIndex[error.code]]! += 1
    if (error.reason !== undefined) this.shed(error.reason)
  }

  /** Something was shed that never became a request, such as a connection. */
  shed(reason: ShedReason): void {
    this.sheds[reasonIndex[reason]]! += 1
  }

  /** Requests of one series that ended, however they did. */
  ended(series: number): number {
    let sum = this.ok[series]!
    for (let i = 0; i < codes.length; i++) sum += this.failures[series * codes.length + i]!
    return sum
  }

  /** Every pair of series and outcome that was seen. */
  *outcomes(): Generator<OutcomeCount> {
    for (let series = 0; series < this.ok.length; series++) {
      if (this.ok[series]! > 0) yield { series, outcome: 'ok', count: this.ok[series]! }
      for (let i = 0; i < codes.length; i++) {
        const count = this.failures[series * codes.length + i]!
        if (count > 0) yield { series, outcome: codes[i]!, count }
      }
    }
  }

  shedCounts(): { readonly reason: ShedReason; readonly count: number }[] {
    return shedReasons.map((reason, i) => ({ reason, count: this.sheds[i]! }))
  }
}

/** The part of `headgate bench --json` that is looked at here. */
export interface OpenLoopReport {
  readonly successes: number
  readonly misses: number
  readonly shed: number
  readonly errors: number
  readonly dropped: number
  readonly unanswered: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** How late the generator itself was. */
  readonly lagP99Ms: number
}

interface Summary {
  readonly p50Us: number
  readonly p99Us: number
  readonly maxUs: number
}

interface Printed {
  readonly requests: Pick<OpenLoopReport, 'successes' | 'misses' | 'dropped' | 'unanswered' | 'shed' | 'errors'>
  readonly latency: { readonly success: Summary }
  readonly generator: { readonly lag: Summary }
}

export function parseOpenLoop(output: string): OpenLoopReport {
  const { requests, latency, generator } = JSON.parse(output) as Printed
  const { successes, misses, shed, errors, dropped, unanswered } = requests
  const { p50Us, p99Us, maxUs } = latency.success
  return {
    ...{ successes, misses, shed, errors, dropped, unanswered },
    ...{ p50Ms: p50Us / 1000, p99Ms: p99Us / 1000, maxMs: maxUs / 1000, lagP99Ms: generator.lag.p99Us / 1000 },
  }
}

/** Reasons why such a run is invalid: anything but an answer with a value. */
export function openLoopProblems(report: OpenLoopReport): readonly string[] {
  const { successes, misses, shed, errors, dropped, unanswered } = report
  const found = Object.entries({
    'GETs found nothing': misses,
    'GETs were shed': shed,
    'GETs failed': errors,
    'GETs were never sent': dropped,
    'GETs had no answer': unanswered,
  }).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`]))
  return successes === 0 ? [...found, 'no GET succeeded'] : found
}

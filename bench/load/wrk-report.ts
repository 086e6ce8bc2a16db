/** What `requests.lua` prints at the end of a run of wrk. Times in microseconds. */
export interface WrkReport {
  readonly requests: number
  readonly durationUs: number
  /** Received, heads included. */
  readonly bytes: number
  readonly p50Us: number
  readonly p99Us: number
  readonly maxUs: number
  readonly connectErrors: number
  readonly readErrors: number
  readonly writeErrors: number
  /** Answers with a status of 400 and above. */
  readonly statusErrors: number
  readonly timeouts: number
}

/** Throws if the output has no result. */
export function parseWrk(output: string): WrkReport {
  const line = output.split('\n').find((each) => each.startsWith('result {'))
  if (line === undefined) throw new Error(`wrk printed no result: ${output.slice(-300)}`)
  return JSON.parse(line.slice('result '.length)) as WrkReport
}

/** Answers may differ in numbers they hold, such as revisions. */
const sizeTolerance = 0.05

/** Reasons why a run is invalid. `answerBytes`: of right answers, smallest and largest, seen before the run. */
export function wrkProblems(
  report: WrkReport,
  answerBytes: { readonly min: number; readonly max: number },
): readonly string[] {
  const errors = {
    'connections failed': report.connectErrors,
    'reads failed': report.readErrors,
    'writes failed': report.writeErrors,
    'answers had an error status': report.statusErrors,
    'requests timed out': report.timeouts,
  }
  const found = Object.entries(errors).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`]))
  if (report.requests === 0) return [...found, 'nothing was answered']
  const each = report.bytes / report.requests
  const { min, max } = answerBytes
  if (each < min * (1 - sizeTolerance) || each > max * (1 + sizeTolerance)) {
    found.push(`answers have ${each.toFixed(0)} bytes on average, right ones ${min} to ${max}`)
  }
  return found
}

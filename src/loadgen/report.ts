import { formatCount, formatMicros } from './format.ts'
import type { LatencySummary } from './latency.ts'
import type { LoadSettings } from './load-settings.ts'
import type { LoadResult } from './run-load.ts'
import { formatTarget } from './target.ts'

/** The result as data: rates per second, durations in microseconds. Holds no token. */
export function reportJson(result: LoadResult): Record<string, unknown> {
  const { target, ...settings } = result.settings
  const { success, reject, lag, shedReasons, errorCodes, ...requests } = result.tally
  return {
    target: formatTarget(target),
    settings,
    offeredPerSecond: result.offeredPerSecond,
    answeredPerSecond: result.answeredPerSecond,
    successPerSecond: result.successPerSecond,
    requests,
    shedReasons,
    errorCodes,
    latency: { success, reject },
    generator: { lag },
    preloadFailures: result.preloadFailures,
    warnings: result.warnings,
  }
}

/** The result for a person. */
export function reportText(result: LoadResult): string {
  const { settings, tally } = result
  const lines = [
    `Target   ${formatTarget(settings.target)}, ${settings.connections} connections, ${settings.pipeline} in flight on each`,
    `Load     ${describeLoad(settings)}`,
    `Mix      ${describeMix(settings)}`,
    '',
    ...rateLines(result),
    '',
    row('', ['p50', 'p90', 'p99', 'p99.9', 'max', 'mean']),
    latencyRow('success', tally.success),
    latencyRow('shed', tally.reject),
    ...(settings.mode === 'open' ? [latencyRow('generator lag', tally.lag)] : []),
    '',
    `Answers  ${formatCount(tally.successes)} succeeded (${formatCount(tally.misses)} of them found nothing), ` +
      `${formatCount(tally.shed)} shed, ${formatCount(tally.errors)} errors, ` +
      `${formatCount(tally.unanswered)} unanswered`,
    ...kindLines('shed', tally.shedReasons),
    ...kindLines('error', tally.errorCodes),
    ...result.warnings.map((warning) => `! ${warning}`),
  ]
  return `${lines.join('\n')}\n`
}

function describeLoad(settings: LoadSettings): string {
  const times = `for ${settings.durationMs / 1000} s after ${settings.warmupMs / 1000} s of warm-up, seed ${settings.seed}`
  if (settings.mode === 'closed') return `closed loop ${times}`
  return `open loop, ${settings.arrivals} arrivals at ${formatCount(settings.ratePerSecond)}/s ${times}`
}

function describeMix(settings: LoadSettings): string {
  const { writePercent, valueBytes, keys, distribution, zipfExponent } = settings
  const shape = distribution === 'zipf' ? `zipf ${zipfExponent}` : 'uniform'
  const writes = `${writePercent} % writes of ${formatCount(valueBytes)} B`
  return `${100 - writePercent} % reads, ${writes}, ${formatCount(keys)} keys, ${shape}`
}

function rateLines(result: LoadResult): readonly string[] {
  const perSecond = (rate: number): string => `${formatCount(rate)}/s`
  const achieved = `Achieved ${perSecond(result.successPerSecond)} successful, ${perSecond(result.answeredPerSecond)} answered`
  if (result.settings.mode === 'closed') return [achieved]
  const share = result.offeredPerSecond === 0 ? 0 : (100 * result.successPerSecond) / result.offeredPerSecond
  return [`Offered  ${perSecond(result.offeredPerSecond)}`, `${achieved} (${share.toFixed(1)} % of what was offered)`]
}

function latencyRow(name: string, latency: LatencySummary): string {
  if (latency.count === 0) return row(name, ['-', '-', '-', '-', '-', '-'])
  const { p50Us, p90Us, p99Us, p999Us, maxUs, meanUs } = latency
  return row(name, [p50Us, p90Us, p99Us, p999Us, maxUs, meanUs].map(formatMicros))
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(15) + cells.map((cell) => cell.padStart(10)).join('')
}

function kindLines(title: string, kinds: Readonly<Record<string, number>>): readonly string[] {
  const ordered = Object.entries(kinds).sort((a, b) => b[1] - a[1])
  return ordered.map(([kind, count]) => `         ${title} ${kind}: ${formatCount(count)}`)
}

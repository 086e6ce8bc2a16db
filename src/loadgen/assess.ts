import { formatCount, formatMicros } from './format.ts'
import type { LoadSettings } from './load-settings.ts'
import type { TallyResult } from './tally.ts'

/** The generator's lateness is part of every latency it reports; above this it may not be small beside them. */
const lagFloorUs = 1000
const lagShare = 0.1
const enoughSamples = 10_000

export interface Mishaps {
  readonly preloadFailures: number
  /** Connections, of those that were asked for. */
  readonly closedByTarget: number
}

/** What keeps the figures of a run from meaning what they seem to say, one sentence each. */
export function warningsOf(
  settings: LoadSettings,
  tally: TallyResult,
  { preloadFailures, closedByTarget }: Mishaps,
): readonly string[] {
  const warnings: string[] = []
  const warn = (when: boolean, text: string): void => {
    if (when) warnings.push(text)
  }
  const open = settings.mode === 'open'
  const answered = tally.successes + tally.shed + tally.errors
  warn(tally.successes === 0, 'No request succeeded: the latencies say nothing.')
  warn(
    open && tally.lag.p99Us > lagFloorUs && tally.lag.p99Us > lagShare * tally.success.p99Us,
    `The generator itself lagged (p99 ${formatMicros(tally.lag.p99Us)}): give it a core of its own or lower the rate.`,
  )
  warn(
    tally.dropped > 0,
    `${formatCount(tally.dropped)} requests found the generator's backlog full and were not sent.`,
  )
  warn(
    tally.unanswered > 0,
    `${formatCount(tally.unanswered)} requests had no answer in time; the percentiles leave them out.`,
  )
  warn(
    closedByTarget > 0,
    `${formatCount(closedByTarget)} of ${formatCount(settings.connections)} connections were closed by the target: it may ` +
      'not take so many, or not from one address (limits.maxConnections, limits.maxConnectionsPerIp).',
  )
  warn(!open, 'Closed loop: a slow answer holds back the requests behind it, so these latencies hide queueing.')
  warn(
    tally.misses > answered / 2,
    'Most reads found nothing: use --preload, or --keys and --key-prefix as they were loaded.',
  )
  warn(
    tally.successes > 0 && tally.successes < enoughSamples,
    `p99.9 of ${formatCount(tally.successes)} answers rests on few samples: run longer or faster.`,
  )
  warn(preloadFailures > 0, `${formatCount(preloadFailures)} writes failed while preloading.`)
  return warnings
}

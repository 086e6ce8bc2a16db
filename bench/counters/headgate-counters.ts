import type { Counters } from './counters.ts'
import { parsePrometheus, sumOf } from './prometheus-text.ts'

/** Their time was over, or their client gone: some are under way whenever a load ends. */
const givenUp = ['deadline', 'abandoned']

/** The gateway's counts of its data ports (`docs/metrics.md`). */
export function headgateCounters(page: string): Counters {
  const samples = parsePrometheus(page)
  const bad: Record<string, number> = {}
  for (const { name, labels, value } of samples) {
    const { outcome = '' } = labels
    const failed = name === 'headgate_requests_total' && outcome !== 'ok' && !givenUp.includes(outcome)
    if (failed) add(bad, `answers ${outcome}`, value)
    if (name === 'headgate_shed_total') add(bad, `shed for ${labels['reason']}`, value)
    if (name === 'headgate_connections_refused_total') add(bad, `connections refused for ${labels['reason']}`, value)
  }
  return {
    good: sumOf(samples, 'headgate_requests_total', ({ outcome }) => outcome === 'ok'),
    bad,
    givenUp: sumOf(samples, 'headgate_requests_total', ({ outcome = '' }) => givenUp.includes(outcome)),
    replyBytes: sumOf(samples, 'headgate_sent_bytes_total', ({ listener }) => listener !== 'admin'),
    durableBytes: sumOf(samples, 'headgate_log_synced_bytes_total'),
  }
}

/** Log entries that the engine has yet to take. */
export function backlogEntries(page: string): number {
  return sumOf(parsePrometheus(page), 'headgate_store_backlog_entries')
}

function add(counts: Record<string, number>, name: string, value: number): void {
  counts[name] = (counts[name] ?? 0) + value
}

import type { Counters } from './counters.ts'

/** The fields of Redis' INFO (`name:value` lines). */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
}

/** Redis' own counts: GETs that found nothing and error replies are what must not grow. */
export function redisCounters(text: string): Counters {
  const info = parseInfo(text)
  const number = (name: string): number => Number(info.get(name) ?? Number.NaN)
  return {
    good: callsOf(info, 'get') + callsOf(info, 'set'),
    bad: {
      'error replies': number('total_error_replies'),
      'GETs that found nothing': number('keyspace_misses'),
      'rejected connections': number('rejected_connections'),
      'keys evicted': number('evicted_keys'),
      'failed AOF writes': info.get('aof_last_write_status') === 'err' ? 1 : 0,
    },
    givenUp: undefined,
    replyBytes: number('total_net_output_bytes'),
    // Appended to its log, which it syncs before it answers where `appendfsync` is `always`. Absent without a log.
    durableBytes: info.has('aof_current_size') ? number('aof_current_size') : undefined,
  }
}

/** `cmdstat_set:calls=10,usec=5,...`, in `INFO commandstats`; absent until a command was used. */
function callsOf(info: ReadonlyMap<string, string>, command: string): number {
  return Number(/\bcalls=(\d+)/.exec(info.get(`cmdstat_${command}`) ?? '')?.[1] ?? 0)
}

/** One line of what has to hold, of a comparison of `cases/`. `at-least` and `at-most` include the bound. */
export interface Floor {
  /** Name of the case and of its comparison. */
  readonly of: string
  readonly bound: 'at-least' | 'at-most'
  readonly value: number
  readonly unit: 'x' | 'MiB' | 'ms'
  /** What is claimed, for a person. */
  readonly claim: string
}

const atLeast = (of: string, value: number, claim: string): Floor => ({
  of,
  bound: 'at-least',
  value,
  unit: 'x',
  claim,
})

const atMost = (of: string, value: number, unit: Floor['unit'], claim: string): Floor => ({
  of,
  bound: 'at-most',
  value,
  unit,
  claim,
})

/** Everything the project promises about speed on one core, in one place. `docs/performance.md` shows it. */
export const floors: readonly Floor[] = [
  atLeast('http-get-128/nginx', 0.4, 'HTTP GET of 128 B, of what nginx does answering a constant'),
  atLeast('http-get-128/etcd', 10, "HTTP GET of 128 B, of etcd's JSON range"),
  atLeast('http-put-128/redis', 0.5, 'durable HTTP PUT of 128 B for 10 s, of Redis SET -P 1 with appendfsync always'),
  atLeast('http-put-128/etcd', 4, "durable HTTP PUT of 128 B for 10 s, of etcd's JSON put"),
  atLeast(
    'http-put-128-sustained/redis',
    0.3,
    'durable HTTP PUT of 128 B in the second half of 60 s, of Redis SET -P 1 as above',
  ),
  atLeast('resp-get-p1/redis', 0.55, 'RESP GET -P 1 on LMDB, of redis-server'),
  atLeast('resp-get-p16/redis', 0.45, 'RESP GET -P 16 on LMDB, of redis-server'),
  atLeast('resp-set-p1/redis', 0.55, 'RESP SET -P 1 in memory, of redis-server without AOF'),
  atLeast('resp-set-durable-p16/redis', 0.5, 'durable RESP SET -P 16 for 10 s, of Redis with appendfsync always'),
  atLeast(
    'resp-set-durable-p16-sustained/redis',
    0.08,
    'durable RESP SET -P 16 in the second half of 60 s, of Redis as above',
  ),
  atMost('scan-100/one-shard', 1.5, 'x', 'cost of an ordered scan of 100 over 4 shards, of the same over 1 shard'),
  atMost('query/growth', 64, 'MiB', 'anonymous memory that a query over all records adds'),
  atMost('query/get-p99', 20, 'ms', 'p99 of GETs while such queries run'),
]

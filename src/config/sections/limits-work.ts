import { count, duration, size } from '../option.ts'

/** What requests may cost together, in time, queues and memory. */
export const workLimits = {
  timeout: duration('1s', ['1ms', '1h'], {
    meaning: 'Longest time from arrival to answer of reads and writes of single records and batches.',
    effect:
      'Later is answered 504; a client may ask for less with Headgate-Timeout. Work past its deadline is dropped.',
  }),
  queryTimeout: duration('30s', ['1ms', '24h'], {
    meaning: 'Longest time from arrival to answer of scans, counts and queries.',
    effect: 'Later is answered 504, or ends the stream with an error line.',
  }),
  maxBatchOps: count(1000, [1, 100_000], {
    meaning: 'Operations in one batch.',
    unit: 'operations',
    effect: 'More are answered 413. Big batches delay the small requests behind them.',
  }),
  inFlight: count(4096, [1, 1_000_000], {
    meaning: 'Requests that run at the same time, for each shard and role.',
    unit: 'requests',
    effect: 'Further ones queue. Too low wastes the store, too high lets it drown.',
  }),
  queueLength: count(4096, [0, 1_000_000], {
    meaning: 'Requests that wait for their turn, for each shard and role.',
    unit: 'requests',
    effect: 'One more is shed: 503, reason queue-full. 0 sheds whatever cannot run at once.',
  }),
  queueAge: duration('100ms', ['1ms', '1m'], {
    meaning: 'Longest wait for a turn.',
    effect: 'Longer is shed: 503, reason queue-age. Short queues keep answers fast under overload.',
  }),
  maxScans: count(32, [1, 10_000], {
    meaning: 'Scans, counts and queries that run at the same time on this node.',
    unit: 'requests',
    effect:
      'One more waits, as queueLength and queueAge allow, else 503. Protects single reads and writes from heavy questions.',
  }),
  bodyBudget: size('128MiB', ['1MiB', '64GiB'], {
    meaning: 'Memory for HTTP request bodies that are still arriving, over all connections.',
    effect: 'A body that finds no room is shed: 503. Keeps many slow uploads from filling memory.',
  }),
  mergeBudget: size('32MiB', ['1MiB', '16GiB'], {
    meaning: 'Memory for the records or groups that one request is answered with, or that a merge of its parts holds.',
    effect:
      'An answer that needs more is refused with result-too-large rather than cut short. While all queries hold twice as ' +
      'much, only the oldest goes on; KEYS is given as much once.',
  }),
  idempotencyTtl: duration('10m', ['1s', '24h'], {
    meaning: 'How long the outcome of a write with an Idempotency-Key is kept.',
    effect: 'A repeat within it gets the first answer again; later it is a new write.',
  }),
  idempotencyEntries: count(100_000, [1, 10_000_000], {
    meaning: 'Outcomes of writes with an Idempotency-Key that are kept at the same time.',
    unit: 'outcomes',
    effect:
      'When full, such writes are shed: 503, reason idempotency-full. All together take at most 640 bytes for each: one of a single write takes 200, of a batch up to 5 more for each operation.',
  }),
  maxLeases: count(100_000, [1, 10_000_000], {
    meaning: 'Leases that exist at the same time.',
    unit: 'leases',
    effect: 'When full, granting one is shed: 503, reason leases-full.',
  }),
  drainTimeout: duration('8s', ['0ms', '1h'], {
    meaning: 'How long a stop waits for requests that run.',
    effect: 'Then their connections are closed. Keep it below the grace period of whatever stops the process.',
  }),
}

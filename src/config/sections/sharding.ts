import type { z } from 'zod'
import { count, documented, section, whole } from '../option.ts'

const most = 100

export const shardingSection = section('How the 1000 buckets are divided into shards.', {
  shards: count(1, [1, most], {
    meaning: 'Number of shards a new data folder starts with; each owns an equal range of buckets.',
    unit: 'shards',
    effect:
      'More shards write in parallel; scans, counts and queries ask all of them. Fixed once the data folder exists.',
  }),
  maxShards: documented(whole([1, most]).optional(), {
    meaning: 'Number of shards the cluster may grow to by splitting.',
    unit: 'shards',
    effect:
      'Above `shards`, atomic batches and MULTI need one bucket (one {tag}) so that a split cannot break them; ' +
      'splitting itself is not available in this release.',
    standard: 'the value of sharding.shards',
    range: `1 to ${most}`,
  }),
})

export interface ShardingSettings {
  readonly shards: number
  /** Never below `shards`; above it, atomic operations need one bucket. */
  readonly maxShards: number
}

export function shardingSettings(config: z.output<typeof shardingSection>): ShardingSettings {
  return { shards: config.shards, maxShards: config.maxShards ?? config.shards }
}

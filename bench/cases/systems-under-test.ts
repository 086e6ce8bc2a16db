import type { Scale } from '../scale.ts'
import { bareNode } from '../systems/bare-node.ts'
import { etcd } from '../systems/etcd.ts'
import { type HeadgateSetup, headgate } from '../systems/headgate.ts'
import { nginx } from '../systems/nginx.ts'
import { redis } from '../systems/redis.ts'
import type { System } from '../systems/system.ts'

export const smallBytes = 128
export const largeBytes = 4096

/** Every system of every case. Headgate is the built `program`. */
export function systemsUnderTest(scale: Scale, program: string) {
  const { records, largeRecords } = scale
  const small = { program, records, valueBytes: smallBytes }
  const large = { program, records: largeRecords, valueBytes: largeBytes }
  const gateway = (setup: HeadgateSetup): System => headgate(setup)
  return {
    gateway: gateway({ name: 'headgate', engine: 'lmdb', shards: 1, ...small }),
    gatewayLarge: gateway({ name: 'headgate (4 KiB)', engine: 'lmdb', shards: 1, ...large }),
    gatewayMemory: gateway({ name: 'headgate (memory)', engine: 'memory', shards: 1, ...small }),
    gatewayShards: gateway({ name: 'headgate (4 shards)', engine: 'lmdb', shards: 4, ...small }),
    nginxSmall: nginx('nginx', smallBytes),
    nginxLarge: nginx('nginx (4 KiB)', largeBytes),
    bareNode,
    etcdSmall: etcd('etcd', records, smallBytes),
    etcdLarge: etcd('etcd (4 KiB)', largeRecords, largeBytes),
    redisDurable: redis({ name: 'redis (appendfsync always)', kind: 'durable', records, valueBytes: smallBytes }),
    redisLarge: redis({
      name: 'redis (appendfsync always, 4 KiB)',
      kind: 'durable',
      records: largeRecords,
      valueBytes: largeBytes,
    }),
    redisVolatile: redis({ name: 'redis (no AOF)', kind: 'volatile', records, valueBytes: smallBytes }),
  }
}

export type SystemsUnderTest = ReturnType<typeof systemsUnderTest>

import { type RespRequest, respLoad } from '../load/resp-load.ts'
import type { Scale } from '../scale.ts'
import type { System } from '../systems/system.ts'
import type { Case } from './case.ts'
import { type SystemsUnderTest, smallBytes } from './systems-under-test.ts'
import { burst, type Length, overWhenFull, short, sustained, throughput } from './throughput.ts'

interface Duel {
  readonly name: string
  readonly title: string
  readonly request: Omit<RespRequest, 'valueBytes' | 'keys'>
  readonly systems: readonly [headgate: System, redis: System]
  readonly length: Length
}

/** Headgate and Redis under the same redis-benchmark. */
export function respCases(systems: SystemsUnderTest, scale: Scale): readonly Case[] {
  return duels(systems, scale).map(({ name, title, request, systems: [headgate, redis], length }) => {
    const load = respLoad({ ...request, valueBytes: smallBytes, keys: scale.records })
    return {
      name,
      title,
      contenders: [throughput('headgate', headgate, load, length), throughput('redis', redis, load, length)],
      comparisons:
        length === sustained
          ? overWhenFull('redis')
          : [{ name: 'redis', figure: 'rate', of: 'headgate', over: 'redis' }],
    }
  })
}

function duels(systems: SystemsUnderTest, { shortSeconds, sustainedSeconds }: Scale): readonly Duel[] {
  const { gateway, gatewayMemory, redisVolatile, redisDurable } = systems
  const get = (pipeline: number): Duel => ({
    name: `resp-get-p${pipeline}`,
    title: `RESP GET -P ${pipeline}: LMDB, Redis without AOF`,
    request: { command: 'get', pipeline },
    systems: [gateway, redisVolatile],
    length: short,
  })
  const set = (pipeline: number): Duel => ({
    name: `resp-set-p${pipeline}`,
    title: `RESP SET -P ${pipeline}: memory engine, Redis without AOF`,
    request: { command: 'set', pipeline },
    systems: [gatewayMemory, redisVolatile],
    length: short,
  })
  const durable = (pipeline: number, length: Length, suffix: string, seconds: number): Duel => ({
    name: `resp-set-durable-p${pipeline}${suffix}`,
    title: `durable RESP SET -P ${pipeline} for ${seconds} s: LMDB, Redis with appendfsync always`,
    request: { command: 'set', pipeline, durable: true },
    systems: [gateway, redisDurable],
    length,
  })
  return [
    get(1),
    get(16),
    set(1),
    set(16),
    durable(1, burst, '', shortSeconds),
    durable(16, burst, '', shortSeconds),
    durable(16, sustained, '-sustained', sustainedSeconds),
  ]
}

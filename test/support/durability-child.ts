import { writeSync } from 'node:fs'
import type { GatewayError } from '../../src/errors.ts'
import { systemDisk } from '../../src/runtime/disk.ts'
import { systemRuntime } from '../../src/runtime/runtime.ts'
import { createEngine } from '../../src/stores/embedded/engine/create-engine.ts'
import { closeShard } from '../../src/stores/embedded/open-shard.ts'
import { operationOf } from './operations.ts'
import { putBody, ShardClient } from './shard-harness.ts'

/**
 * A process to be watched from outside: writes to a shard in the folder given, and says so on descriptor 3 in the moment
 * in which a write is acknowledged, one line each. The last line holds the statistics of the log.
 */
const puts = 200
const groupSize = 20
const folder = process.argv[2]!
const durability = process.argv[3] as 'group' | 'os'
const say = (text: string): void => void writeSync(3, `${text}\n`)

const settings = { dataDirectory: folder, durability, segmentBytes: 256 << 10 }
const client = await ShardClient.open(systemRuntime, systemDisk, createEngine('lmdb', folder, systemRuntime), settings)

function put(key: string): Promise<void> {
  const body = putBody(key, `value of ${key}`)
  return new Promise((resolve, reject) => {
    client.open.shard.dispatch(body, operationOf(body), {
      onReply() {
        say(`acknowledged ${key}`)
        resolve()
      },
      onError: (_, error: GatewayError) => reject(new Error(error.detail)),
    })
  })
}

const name = (kind: string, i: number): string => `${kind}-${String(i).padStart(4, '0')}`
for (let i = 0; i < puts; i++) await put(name('single', i))
for (let i = 0; i < puts; i += groupSize) {
  await Promise.all(Array.from({ length: groupSize }, (_, place) => put(name('group', i + place))))
}
say(`statistics ${JSON.stringify(client.open.logged!.log.statistics)}`)
await closeShard(client.open)

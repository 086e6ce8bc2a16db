import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineName } from '../cluster/coordination/cluster-records.ts'
import { ClusterMismatch, otherEngine } from '../cluster/coordination/cluster-state.ts'
import { shardDirectory } from './open-store.ts'

const durableEngines = ['lmdb', 'rocksdb'] as const satisfies readonly EngineName[]

/**
 * Refuses an engine while the folder holds files of another one: the log has given back what that one took, so the other
 * would begin empty, and take what is left of the log with it.
 * @throws ClusterMismatch, before anything of the folder has been touched.
 */
export function refuseOtherEngine(dataDir: string, engine: EngineName): void {
  const found = enginesIn(dataDir)
  if (found.length > 1) {
    const message =
      `this data holds files of ${found.join(' and of ')}, and only one of them goes with its log; keep a copy of ` +
      `${dataDir}, and move the folders of the one that is not wanted (${shardDirectory(dataDir, '*')}/${found[0]} or ` +
      `/${found[1]}) elsewhere`
    throw new ClusterMismatch('other-engine', message)
  }
  for (const each of found) if (each !== engine) throw otherEngine(engine, each)
}

/** The folder of the shards, if there is one with a shard in it. */
export function shardsIn(dataDir: string): string | undefined {
  const shards = shardDirectory(dataDir, '')
  return idsIn(shards).length > 0 ? shards : undefined
}

/** Names of the folders of shards. */
function idsIn(shards: string): readonly string[] {
  return existsSync(shards) ? readdirSync(shards).filter((name) => /^\d+$/.test(name)) : []
}

function enginesIn(dataDir: string): readonly EngineName[] {
  const shards = shardDirectory(dataDir, '')
  const ids = idsIn(shards)
  return durableEngines.filter((name) => ids.some((id) => existsSync(join(shards, id, name))))
}

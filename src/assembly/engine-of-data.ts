import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineName } from '../cluster/coordination/cluster-records.ts'
import { ClusterMismatch, otherEngine, shardsLost } from '../cluster/coordination/cluster-state.ts'
import { systemDisk } from '../runtime/disk.ts'
import { makeFolder } from '../runtime/make-folder.ts'
import { shardDirectory } from './open-store.ts'
import { identifyShard, identityFile } from './shard-identity.ts'

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

/**
 * Makes the folders of shards that are kept for the first time, for good: from then on a folder that is missing has been
 * lost, and is not to be taken for an empty shard; so has one that is empty, as a place where nothing was mounted. Each
 * says whose it is. `before`: what the node's shards were kept in up to now.
 * @throws ClusterMismatch if one has been lost, or exchanged for another.
 */
export function makeShardFolders(
  dataDir: string,
  count: number,
  engine: EngineName,
  before: { readonly engine: EngineName } | undefined,
  cluster: string,
): void {
  const folders = Array.from({ length: count }, (_, i) => shardDirectory(dataDir, String(i + 1)))
  const missing = folders.filter((folder) => !existsSync(folder))
  if (before !== undefined && before.engine !== 'memory') {
    const lost = folders.filter((folder) => missing.includes(folder) || readdirSync(folder).length === 0)
    if (lost.length > 0) throw shardsLost(lost)
  }
  if (engine === 'memory') return
  for (const folder of missing) makeFolder(folder, 0o700)
  for (const [place, folder] of folders.entries()) identifyShard(folder, { cluster, shard: place + 1 })
  if (missing.length > 0) for (const path of [shardDirectory(dataDir, ''), dataDir]) systemDisk.syncDirectory(path)
}

/** The folder of the shards, if there is one with a shard in it. */
export function shardsIn(dataDir: string): string | undefined {
  const shards = shardDirectory(dataDir, '')
  return idsIn(shards).length > 0 ? shards : undefined
}

/** Names of the folders of shards that hold anything. */
function idsIn(shards: string): readonly string[] {
  if (!existsSync(shards)) return []
  return readdirSync(shards).filter((name) => /^\d+$/.test(name) && holdsData(join(shards, name)))
}

function holdsData(folder: string): boolean {
  return readdirSync(folder).some((name) => !name.startsWith(identityFile))
}

function enginesIn(dataDir: string): readonly EngineName[] {
  const shards = shardDirectory(dataDir, '')
  const ids = idsIn(shards)
  return durableEngines.filter((name) => ids.some((id) => existsSync(join(shards, id, name))))
}

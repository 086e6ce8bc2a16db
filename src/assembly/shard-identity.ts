import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { shardsMixed } from '../cluster/coordination/cluster-state.ts'
import { systemDisk } from '../runtime/disk.ts'

/** In the folder of each shard; an empty one is how an operator says that the shard is to begin empty. */
export const identityFile = 'shard.json'

/** Whose a folder is. */
export interface ShardIdentity {
  readonly cluster: string
  readonly shard: number
}

/**
 * Sees to it that the folder says whose it is: one that says something else has been exchanged for another.
 * @throws ClusterMismatch
 */
export function identifyShard(folder: string, wanted: ShardIdentity): void {
  const path = join(folder, identityFile)
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (text === '') return writeIdentity(folder, path, wanted)
  const found = parsed(text)
  if (found?.cluster !== wanted.cluster || found.shard !== wanted.shard) {
    throw shardsMixed(folder, found === undefined ? undefined : `shard ${found.shard} of cluster ${found.cluster}`)
  }
}

function parsed(text: string): Partial<ShardIdentity> | undefined {
  try {
    return (JSON.parse(text) ?? undefined) as Partial<ShardIdentity> | undefined
  } catch {
    return undefined
  }
}

/** Whole or not at all, whenever the power is cut. */
function writeIdentity(folder: string, path: string, identity: ShardIdentity): void {
  const fresh = `${path}.new`
  const text = Buffer.from(`${JSON.stringify(identity)}\n`)
  const file = systemDisk.open(fresh, 'create')
  try {
    file.write(text, 0, text.length, 0)
    file.datasyncNow()
  } finally {
    file.close()
  }
  systemDisk.rename(fresh, path)
  systemDisk.syncDirectory(folder)
}

import { ClusterMismatch } from '../cluster/coordination/cluster-state.ts'
import { LmdbDamaged } from '../stores/embedded/engine/lmdb-file.ts'
import { EpochBehind, LogDamaged } from '../stores/embedded/log/recovery.ts'

/** With these a start refuses the data that it finds. Their messages say what is there and what to do. */
const refusals = [ClusterMismatch, EpochBehind, LmdbDamaged, LogDamaged] as const

export function isStartRefusal(error: unknown): boolean {
  return refusals.some((kind) => error instanceof kind)
}

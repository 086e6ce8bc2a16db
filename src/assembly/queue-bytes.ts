/** Memory of all requests of the node that wait for a permit: as much for reads as for writes. */
const queueBytes = 64 * 1024 * 1024
/** What an operation of a batch takes beside its bytes, at most. */
const operationBytes = 1_000

/** What one shard's requests may hold while they wait, in bytes: its share, in which the largest request finds room. */
export function queueBytesOf(
  limits: { readonly maxRequestBytes: number; readonly maxBatchOps: number },
  shards: number,
): number {
  return Math.max(Math.ceil(queueBytes / shards), limits.maxRequestBytes + limits.maxBatchOps * operationBytes)
}

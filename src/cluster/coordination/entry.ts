import type { LeaseId } from './coordinator.ts'

/** One effect on the key space. Journals hold effects, so that replaying one needs no decision. */
export type Change =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array; readonly lease: LeaseId | undefined }
  | { readonly type: 'delete'; readonly key: string }

/**
 * What one append to the journal says.
 * - `commit`: changes that share `revision`, which is one above the last unless there are none; `ended` is the lease
 *   that went with them.
 * - `compact`: events below `revision` were dropped.
 */
export type Entry =
  | {
      readonly kind: 'commit'
      readonly revision: number
      readonly changes: readonly Change[]
      readonly ended: LeaseId | undefined
    }
  | { readonly kind: 'grant'; readonly id: LeaseId; readonly ttlMs: number }
  | { readonly kind: 'compact'; readonly revision: number }

import type { SimEntry } from './sim-disk.ts'

/** Looks on; what it sees that must never be it notes as violations, one sentence each. */
export interface Observer {
  /** `node` begins to lead `epoch` with these entries in its log. */
  leads(node: string, epoch: number, entries: readonly SimEntry[]): void
  /** `node` takes an entry for committed; `epoch` is the one it leads, 0 if it follows. */
  commits(node: string, epoch: number, entry: SimEntry): void
}

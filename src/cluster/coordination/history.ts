import type { WatchEvent } from './coordinator.ts'

export interface HistorySettings {
  /** Revisions whose events are kept at most. */
  readonly historyRevisions: number
  /** Bytes of values in kept events at most; the newest revision stays whatever its size. */
  readonly historyBytes: number
}

export interface RevisionEvents {
  readonly revision: number
  readonly events: readonly WatchEvent[]
}

/** The last events, by revision, for watches that resume. What falls off the end is compacted. */
export class History {
  /** The oldest revision a watch may start from. */
  compactRevision: number
  private readonly settings: HistorySettings
  private kept: RevisionEvents[] = []
  private bytes = 0

  constructor(settings: HistorySettings, compactRevision: number) {
    this.settings = settings
    this.compactRevision = compactRevision
  }

  /** All that is kept, oldest first. */
  get all(): readonly RevisionEvents[] {
    return this.kept
  }

  append(entry: RevisionEvents): void {
    this.kept.push(entry)
    this.bytes += sizeOf(entry)
    const { historyRevisions, historyBytes } = this.settings
    let surplus = 0
    while (
      this.kept.length - surplus > historyRevisions ||
      (this.bytes > historyBytes && surplus < this.kept.length - 1)
    )
      this.bytes -= sizeOf(this.kept[surplus++]!)
    if (surplus > 0) this.drop(surplus)
  }

  /** Forgets every revision below `revision`. */
  compact(revision: number): void {
    const index = this.indexFrom(revision)
    for (const entry of this.kept.slice(0, index)) this.bytes -= sizeOf(entry)
    this.kept = this.kept.slice(index)
    this.compactRevision = Math.max(this.compactRevision, revision)
  }

  /** The kept revisions from `revision` on, oldest first. */
  from(revision: number): readonly RevisionEvents[] {
    return this.kept.slice(this.indexFrom(revision))
  }

  private drop(count: number): void {
    this.compactRevision = this.kept[count - 1]!.revision + 1
    this.kept = this.kept.slice(count)
  }

  private indexFrom(revision: number): number {
    let [low, high] = [0, this.kept.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.kept[middle]!.revision < revision) low = middle + 1
      else high = middle
    }
    return low
  }
}

function sizeOf(entry: RevisionEvents): number {
  let bytes = 64
  for (const event of entry.events) bytes += event.type === 'put' ? event.item.value.length + 128 : 128
  return bytes
}

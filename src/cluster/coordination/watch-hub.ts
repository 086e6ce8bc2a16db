import type { Timers } from '../../runtime/timers.ts'
import type { Watch, WatchSink } from './coordinator.ts'
import type { KeySpace } from './key-space.ts'

interface Watcher {
  readonly prefix: string
  readonly sink: WatchSink
  /** The revision it still has to see next. */
  next: number
}

/**
 * Feeds the watchers from history, each at its own place, so that a slow or late one costs no memory: when history no
 * longer reaches back to its place it is told `compacted`.
 */
export class WatchHub {
  private readonly space: KeySpace
  private readonly timers: Timers
  private readonly watchers = new Set<Watcher>()
  private scheduled = false

  constructor(space: KeySpace, timers: Timers) {
    this.space = space
    this.timers = timers
  }

  watch(prefix: string, fromRevision: number, sink: WatchSink): Watch {
    const watcher = { prefix, sink, next: fromRevision > 0 ? fromRevision : this.space.revision + 1 }
    this.watchers.add(watcher)
    this.schedule()
    return { cancel: () => this.watchers.delete(watcher) }
  }

  /** Something was published. */
  schedule(): void {
    if (this.scheduled || this.watchers.size === 0) return
    this.scheduled = true
    this.timers.soon(() => {
      this.scheduled = false
      for (const watcher of [...this.watchers]) this.feed(watcher)
    })
  }

  close(): void {
    const watchers = [...this.watchers]
    this.watchers.clear()
    for (const watcher of watchers) watcher.sink.onEnd({ kind: 'closed' })
  }

  private feed(watcher: Watcher): void {
    const { history } = this.space
    if (watcher.next < history.compactRevision) {
      if (this.watchers.delete(watcher)) {
        watcher.sink.onEnd({ kind: 'compacted', compactRevision: history.compactRevision })
      }
      return
    }
    for (const { revision, events } of history.from(watcher.next)) {
      if (!this.watchers.has(watcher)) return
      watcher.next = revision + 1
      const seen = events.filter((event) =>
        (event.type === 'put' ? event.item.key : event.key).startsWith(watcher.prefix),
      )
      if (seen.length > 0) watcher.sink.onEvents(seen, revision)
    }
  }
}

import type {
  Coordinator,
  Watch,
  WatchEnd,
  WatchEvent,
  WatchSink,
} from '../../../src/cluster/coordination/coordinator.ts'

/** Collects what a watch delivers and lets a test wait for it. */
export class WatchRecorder implements WatchSink {
  readonly batches: { readonly revision: number; readonly events: readonly WatchEvent[] }[] = []
  end: WatchEnd | undefined
  readonly watch: Watch
  private wake: () => void = () => undefined

  constructor(coordinator: Coordinator, prefix: string, fromRevision: number) {
    this.watch = coordinator.watch(prefix, fromRevision, this)
  }

  onEvents(events: readonly WatchEvent[], revision: number): void {
    this.batches.push({ revision, events })
    this.wake()
  }

  onEnd(end: WatchEnd): void {
    this.end = end
    this.wake()
  }

  /** Resolves once `revision` was delivered, or the watch ended. */
  async reached(revision: number): Promise<this> {
    await this.until(() => this.end !== undefined || (this.batches.at(-1)?.revision ?? 0) >= revision)
    return this
  }

  async ended(): Promise<WatchEnd> {
    await this.until(() => this.end !== undefined)
    return this.end!
  }

  get revisions(): number[] {
    return this.batches.map((batch) => batch.revision)
  }

  /** `key=value` for a put, `-key` for a delete. */
  get lines(): string[] {
    return this.batches.flatMap(({ events }) =>
      events.map((event) =>
        event.type === 'delete' ? `-${event.key}` : `${event.item.key}=${new TextDecoder().decode(event.item.value)}`,
      ),
    )
  }

  private async until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }
}

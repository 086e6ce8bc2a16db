import type { Clock } from '../runtime/clock.ts'

/** One control decision or change of state, as `GET /v1/events` shows it. */
export interface ControlEvent {
  /** Rises by one; starts at 1 with the process. */
  readonly id: number
  /** RFC 3339, UTC. */
  readonly at: string
  readonly what: string
  readonly why: string
  readonly fields: Readonly<Record<string, unknown>>
}

const capacity = 1000

/** The last 1,000 control events, and who wants to hear of new ones. */
export class ControlEvents {
  private readonly clock: Clock
  private readonly ring: ControlEvent[] = []
  private readonly listeners = new Set<(event: ControlEvent) => void>()
  private last = 0

  constructor(clock: Clock) {
    this.clock = clock
  }

  publish(what: string, why: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const at = new Date(this.clock.wallMs()).toISOString()
    const event: ControlEvent = { id: ++this.last, at, what, why, fields }
    this.ring.push(event)
    if (this.ring.length > capacity) this.ring.shift()
    for (const listener of this.listeners) listener(event)
  }

  /** What is kept of the events after `id`, oldest first. */
  after(id: number): readonly ControlEvent[] {
    const first = this.ring[0]?.id ?? 1
    return this.ring.slice(Math.max(0, id + 1 - first))
  }

  /** The listener must not throw. Answers how to stop. */
  subscribe(listener: (event: ControlEvent) => void): () => void {
    this.listeners.add(listener)
    return () => {
      this.listeners.delete(listener)
    }
  }
}

import type { ServerResponse } from 'node:http'
import type { Timers } from '../runtime/timers.ts'
import type { ControlEvent, ControlEvents } from '../telemetry/control-events.ts'

const maxStreams = 32
const maxUnreadBytes = 256 * 1024
const heartbeatMs = 15_000
const retryMs = 2000

/**
 * Server-sent events (WHATWG HTML, section 9.2) of control decisions. Bounded in every direction: streams, and what a
 * client has left unread; who falls behind is cut off and resumes with `Last-Event-ID`.
 */
export class EventStreams {
  private readonly events: ControlEvents
  private readonly timers: Timers
  /** Tells event ids of this process from those of the one before. */
  private readonly incarnation: string
  private readonly closers = new Set<() => void>()

  constructor(events: ControlEvents, timers: Timers, incarnation: string) {
    this.events = events
    this.timers = timers
    this.incarnation = incarnation
  }

  get full(): boolean {
    return this.closers.size >= maxStreams
  }

  /**
   * Sends the kept events after `lastEventId` (all of them if it is of another process; only new ones if there is none),
   * and then each as it happens, until either side leaves.
   */
  serve(response: ServerResponse, lastEventId: string | undefined): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    const send = (text: string) => {
      response.write(text)
      if (response.writableLength > maxUnreadBytes) response.destroy()
    }
    send(`retry: ${retryMs}\n\n`)
    for (const event of this.missed(lastEventId)) send(this.format(event))
    const unsubscribe = this.events.subscribe((event) => send(this.format(event)))
    const heartbeat = this.timers.every(heartbeatMs, () => send(': still here\n\n'))
    const end = () => response.end()
    this.closers.add(end)
    response.once('close', () => {
      unsubscribe()
      heartbeat.cancel()
      this.closers.delete(end)
    })
  }

  close(): void {
    for (const end of [...this.closers]) end()
  }

  private missed(lastEventId: string | undefined): readonly ControlEvent[] {
    if (lastEventId === undefined) return []
    const [incarnation, id] = lastEventId.split('-')
    return this.events.after(incarnation === this.incarnation ? Number(id) : 0)
  }

  /** `JSON.stringify` leaves no line break in the data. */
  private format(event: ControlEvent): string {
    return `id: ${this.incarnation}-${event.id}\nevent: ${event.what}\ndata: ${JSON.stringify(event)}\n\n`
  }
}

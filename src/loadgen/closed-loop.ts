import type { Runtime } from '../runtime/runtime.ts'
import type { ConnectionPool, PoolOwner } from './connection-pool.ts'
import type { AnswerClass } from './wire.ts'

export interface ClosedLoopParts {
  readonly pool: ConnectionPool
  readonly runtime: Runtime
  /** False ends the sending; asked before each request. */
  readonly more: () => boolean
  readonly request: () => string
  readonly onSent: (at: number) => void
  readonly onAnswer: PoolOwner['onAnswer']
}

/** Keeps every slot of every connection busy until there is no more, then waits for the last answers. */
export class ClosedLoop implements PoolOwner {
  private readonly parts: ClosedLoopParts
  private onIdle: (() => void) | undefined

  constructor(parts: ClosedLoopParts) {
    this.parts = parts
  }

  run(): Promise<void> {
    this.parts.pool.attach(this)
    return new Promise((resolve) => {
      this.onIdle = resolve
      this.onCapacity()
      this.parts.pool.flush()
    })
  }

  onAnswer(intendedAt: number, at: number, answer: AnswerClass, detail: string): void {
    this.parts.onAnswer(intendedAt, at, answer, detail)
  }

  onCapacity(): void {
    const { pool, more, request, onSent } = this.parts
    const now = this.parts.runtime.clock.now()
    while (more()) {
      if (!pool.submit(request, now)) return
      onSent(now)
    }
    if (pool.inFlight === 0) this.onIdle?.()
  }
}

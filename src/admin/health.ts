/** Where a node stands in its life. It only ever moves forward. */
export type Phase = 'starting' | 'recovering' | 'ready' | 'draining' | 'stopped'

const order: Readonly<Record<Phase, number>> = { starting: 0, recovering: 1, ready: 2, draining: 3, stopped: 4 }

export interface HealthState {
  readonly phase: Phase
  /** One sentence for a person. */
  readonly why: string
  /** Monotonic milliseconds. */
  readonly sinceMs: number
}

export interface HealthEvent {
  readonly phase: Phase
  readonly why: string
  readonly nowMs: number
}

/**
 * The state after an event. A step back changes nothing: recovery that ends while the node already drains does not make
 * it ready again.
 */
export function nextHealth(state: HealthState, event: HealthEvent): HealthState {
  if (order[event.phase] <= order[state.phase]) return state
  return { phase: event.phase, why: event.why, sinceMs: event.nowMs }
}

/** Whether the node has come up, ready or past it: what `/startupz` answers. */
export function hasStarted(state: HealthState): boolean {
  return order[state.phase] >= order.ready
}

/** Why the node takes no traffic now; undefined while it does. `impediments` are troubles of a node that is up. */
export function unreadiness(state: HealthState, impediments: readonly string[]): string | undefined {
  if (state.phase !== 'ready') return `${state.phase}: ${state.why}`
  return impediments.length === 0 ? undefined : impediments.join('; ')
}

/** The health of this node, for those who change it and those who ask. */
export class NodeHealth {
  private current: HealthState
  private readonly now: () => number
  private readonly onChange: (state: HealthState) => void

  constructor(now: () => number, onChange: (state: HealthState) => void = () => undefined) {
    this.now = now
    this.onChange = onChange
    this.current = { phase: 'starting', why: 'the process has just begun', sinceMs: now() }
  }

  get state(): HealthState {
    return this.current
  }

  /** Moves on to `phase`, unless the node is there or beyond already. Answers whether that changed anything. */
  enter(phase: Phase, why: string): boolean {
    const next = nextHealth(this.current, { phase, why, nowMs: this.now() })
    if (next === this.current) return false
    this.current = next
    this.onChange(next)
    return true
  }
}

import type { Runtime } from '../runtime/runtime.ts'
import { LateClients } from './late-clients.ts'
import { Turns } from './turns.ts'

/** What the connections of all data ports share on the way out: the bounds on answers not taken, and their turns. */
export interface Egress {
  readonly late: LateClients
  readonly turns: Turns
}

export interface EgressLimits {
  /** Answers that one client has yet to take, at most. */
  readonly hardBytes: number
  /** The same for all clients together. */
  readonly totalBytes: number
}

export function createEgress({ clock, timers }: Runtime, { hardBytes, totalBytes }: EgressLimits): Egress {
  return { late: new LateClients(hardBytes, totalBytes), turns: new Turns(clock, timers) }
}

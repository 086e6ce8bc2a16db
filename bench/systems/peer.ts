import type { Counters } from '../counters/counters.ts'
import { until } from '../process/patience.ts'
import type { PinnedProcess } from '../process/pinned-process.ts'
import type { RunningSystem } from './system.ts'

export interface PeerStart {
  readonly name: string
  readonly port: number
  /** Asked until it says yes; may reject while nothing listens. */
  ready(): Promise<boolean>
  counters(): Promise<Counters>
  readonly startMs: number
  readonly everyMs: number
}

/** A peer that speaks one protocol, once it is ready; ended again if it never is. */
export async function runningPeer(child: PinnedProcess, peer: PeerStart): Promise<RunningSystem> {
  const { name, port, startMs, everyMs } = peer
  try {
    await child.outlives(until(peer.ready, `${name} starts`, { ms: startMs, everyMs }))
  } catch (error) {
    await child.stop()
    throw error
  }
  return {
    pid: child.pid,
    port,
    respPort: port,
    counters: peer.counters,
    settle: async () => undefined,
    stop: () => child.stop(),
    kill: () => child.kill(),
  }
}

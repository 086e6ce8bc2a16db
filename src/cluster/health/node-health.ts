/** What a node says of itself, several times a second, to whoever runs the control loop. */
export interface Beat {
  readonly node: string
  readonly disk: string
  /** Of each shard it has a replica of. */
  readonly replicas: readonly ReplicaBeat[]
}

export interface ReplicaBeat {
  readonly shard: number
  /** The epoch it leads in; 0 if it does not lead. */
  readonly leads: number
  /** Index of the last entry on its disk. */
  readonly durable: number
}

/**
 * - `alive`: it is heard.
 * - `silent`: nothing is heard of it, which may be the network's fault or mine.
 * - `dead`: its process is gone, or it has been silent for so long that it holds no lease either.
 */
export type Health = 'alive' | 'silent' | 'dead'

interface Seen {
  connected: boolean
  /** Its system answered that nobody listens there: the process is gone. */
  refused: boolean
  heardAt: number
  leased: boolean
  beat: Beat | undefined
}

export interface HealthSettings {
  readonly failureTimeoutMs: number
  /** Nodes that have been silent for less are taken for alive. */
  readonly silenceMs: number
}

/**
 * What one node knows of the health of the others (C5): a missing lease alone is not death, nor is a lost connection;
 * a refused one is. Times are monotonic milliseconds.
 */
export class NodeHealth {
  readonly #nodes = new Map<string, Seen>()
  readonly #settings: HealthSettings

  constructor(settings: HealthSettings) {
    this.#settings = settings
  }

  connected(node: string, now: number): void {
    const seen = this.#of(node, now)
    seen.connected = true
    seen.refused = false
    seen.heardAt = now
  }

  disconnected(node: string, now: number): void {
    const seen = this.#of(node, now)
    seen.connected = false
    // Whoever comes back may be another process, on another disk: it has to say so itself.
    seen.beat = undefined
  }

  /** A new connection was refused. */
  refused(node: string, now: number): void {
    const seen = this.#of(node, now)
    seen.refused = !seen.connected
  }

  beat(beat: Beat, now: number): void {
    const seen = this.#of(beat.node, now)
    seen.beat = beat
    seen.heardAt = now
    seen.refused = false
  }

  lease(node: string, held: boolean, now: number): void {
    this.#of(node, now).leased = held
  }

  lastBeat(node: string): Beat | undefined {
    return this.#nodes.get(node)?.beat
  }

  /** `settling`: this process has stood still, or was cut off: its own silence says nothing about others. */
  of(node: string, settling: boolean, now: number): Health {
    const seen = this.#nodes.get(node)
    if (seen === undefined) return 'silent'
    if (seen.refused) return 'dead'
    const silentMs = now - seen.heardAt
    if (silentMs < this.#settings.silenceMs) return 'alive'
    return !settling && !seen.leased && silentMs >= this.#settings.failureTimeoutMs ? 'dead' : 'silent'
  }

  /** Begins anew after a pause of this process: nobody has been silent before. */
  excuse(now: number): void {
    for (const seen of this.#nodes.values()) seen.heardAt = now
  }

  #of(node: string, now: number): Seen {
    let seen = this.#nodes.get(node)
    if (seen === undefined) {
      seen = { connected: false, refused: false, heardAt: now, leased: true, beat: undefined }
      this.#nodes.set(node, seen)
    }
    return seen
  }
}

import type { NodeRole, Target } from '../routing/plan.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Session } from '../stores/store.ts'
import { Lane } from './lane.ts'
import type { QueueSettings } from './limiter.ts'
import { fixedLimit } from './limits/fixed-limit.ts'
import type { ExecutionObserver } from './observer.ts'
import type { Ticker } from './ticker.ts'

/** What execution needs of a store. */
export interface Sessions {
  session(shard: number, node: string): Session
}

export interface LaneSettings extends QueueSettings {
  /** Requests in flight at a shard's readers, and as many at its leader. */
  readonly inFlight: number
}

/** How busy the way to a shard is. */
export interface LaneLoad {
  readonly shard: number
  readonly role: NodeRole
  readonly inFlight: number
  readonly queued: number
}

/** The lanes by shard and role, made when first used. */
export class Lanes {
  readonly #sessions: Sessions
  readonly #settings: LaneSettings
  readonly #runtime: Runtime
  readonly #ticker: Ticker
  readonly #observer: ExecutionObserver | undefined
  /** By shard id. */
  readonly #readers: Lane[] = []
  readonly #writers: Lane[] = []
  readonly #heard = new WeakSet<Session>()

  constructor(
    sessions: Sessions,
    settings: LaneSettings,
    runtime: Runtime,
    ticker: Ticker,
    observer: ExecutionObserver | undefined,
  ) {
    this.#sessions = sessions
    this.#settings = settings
    this.#runtime = runtime
    this.#ticker = ticker
    this.#observer = observer
  }

  /** The lane of a target; follows the target's first node when the topology changes. */
  to(target: Target): Lane {
    const lane = (target.role === 'writer' ? this.#writers : this.#readers)[target.shard]
    if (lane !== undefined && lane.target === target) return lane
    return this.#open(target, lane)
  }

  loads(): LaneLoad[] {
    const lanes = [...this.#writers, ...this.#readers].filter((lane) => lane !== undefined)
    return lanes.map(({ target, limiter, unanswered }) => ({
      shard: target.shard,
      role: target.role,
      inFlight: unanswered,
      queued: limiter.queued,
    }))
  }

  #open(target: Target, known: Lane | undefined): Lane {
    const session = this.#sessions.session(target.shard, target.nodes[0]!)
    if (known !== undefined) known.redirect(target, session)
    const lane = known ?? this.#create(target, session)
    if (target.role === 'writer' && !this.#heard.has(session)) {
      this.#heard.add(session)
      session.onWritable(() => lane.limiter.drain())
    }
    return lane
  }

  #create(target: Target, session: Session): Lane {
    const writer = target.role === 'writer'
    const lane = new Lane(target, session, {
      limit: fixedLimit(this.#settings.inFlight),
      queue: this.#settings,
      runtime: this.#runtime,
      ticker: this.#ticker,
      observer: this.#observer,
    })
    const lanes = writer ? this.#writers : this.#readers
    lanes[target.shard] = lane
    return lane
  }
}

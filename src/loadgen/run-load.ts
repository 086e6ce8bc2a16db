import { seededRandom } from '../runtime/random.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type Arrivals, constantArrivals, poissonArrivals } from './arrivals.ts'
import { warningsOf } from './assess.ts'
import { ClosedLoop } from './closed-loop.ts'
import { ConnectionPool } from './connection-pool.ts'
import { httpWire } from './http-wire.ts'
import { Latency } from './latency.ts'
import type { LoadSettings } from './load-settings.ts'
import { OpenLoop } from './open-loop.ts'
import { preload } from './preload.ts'
import { respWire } from './resp-wire.ts'
import { type Interval, Tally, type TallyResult, type Window } from './tally.ts'
import { Workload } from './workload.ts'

export type Phase = 'warm-up' | 'measure' | 'drain'

/** Told how a run goes, for people to watch. */
export interface LoadWatcher {
  onPreload(done: number, total: number): void
  /** Once a second under load. */
  onSecond(phase: Phase, elapsedMs: number, interval: Interval): void
}

export interface LoadResult {
  readonly settings: LoadSettings
  readonly tally: TallyResult
  readonly offeredPerSecond: number
  /** Answers of any kind within the window. */
  readonly answeredPerSecond: number
  readonly successPerSecond: number
  readonly preloadFailures: number
  readonly warnings: readonly string[]
}

/**
 * Carries out one load run: connect, preload, warm up, measure, drain. Throws a `LoadFailure` when the target cannot
 * be reached or refuses the token. The caller keeps the process alive: the runtime's timers do not.
 */
export async function runLoad(settings: LoadSettings, runtime: Runtime, watcher: LoadWatcher): Promise<LoadResult> {
  const wire = settings.target.protocol === 'http' ? httpWire(settings.target) : respWire(settings.target)
  const workload = new Workload(settings, wire, seededRandom(settings.seed))
  const { target, connections, pipeline } = settings
  const pool = new ConnectionPool({ target, wire, slots: pipeline, connections }, runtime)
  await Latency.prepare()
  try {
    await pool.open()
    const onProgress = (done: number): void => watcher.onPreload(done, settings.keys)
    const parts = { pool, workload, runtime, onProgress }
    const preloadFailures = settings.preload ? await preload(settings.keys, parts) : 0
    const startAt = runtime.clock.now()
    const window = { from: startAt + settings.warmupMs, to: startAt + settings.warmupMs + settings.durationMs }
    const tally = new Tally(window)
    const loop = loopOf(settings, window, { pool, workload, tally, runtime, startAt })
    await watched(loop, settings, { tally, window, runtime, watcher, startAt })
    const result = tally.finish()
    const perSecond = (count: number): number => (count * 1000) / settings.durationMs
    return {
      settings,
      tally: result,
      offeredPerSecond: perSecond(result.offered),
      answeredPerSecond: perSecond(result.answeredInWindow),
      successPerSecond: perSecond(result.successesInWindow),
      preloadFailures,
      warnings: warningsOf(settings, result, { preloadFailures, closedByTarget: pool.closedByTarget }),
    }
  } finally {
    pool.end()
  }
}

interface Loop {
  run(): Promise<void>
}

function loopOf(
  settings: LoadSettings,
  window: Window,
  parts: { pool: ConnectionPool; workload: Workload; tally: Tally; runtime: Runtime; startAt: number },
): Loop {
  const { pool, workload, tally, runtime, startAt } = parts
  const request = (): string => workload.next()
  if (settings.mode === 'open') {
    const arrivals = arrivalsOf(settings)
    const bounds = { startAt, endAt: window.to, backlogLimit: settings.backlogLimit }
    return new OpenLoop(bounds, { pool, arrivals, request, tally, runtime })
  }
  const more = (): boolean => runtime.clock.now() < window.to
  const onSent = (at: number): void => tally.onDue(at, at)
  const onAnswer: Tally['onAnswer'] = (intendedAt, at, answer, detail) => tally.onAnswer(intendedAt, at, answer, detail)
  return new ClosedLoop({ pool, runtime, more, request, onSent, onAnswer })
}

/** Draws from a sequence of its own: which requests are sent must not depend on when they are. */
function arrivalsOf({ arrivals, ratePerSecond, seed }: LoadSettings): Arrivals {
  return arrivals === 'constant' ? constantArrivals(ratePerSecond) : poissonArrivals(ratePerSecond, seededRandom(~seed))
}

/** Runs the loop to its end, or to the end of the drain time, reporting every second. */
async function watched(
  loop: Loop,
  settings: LoadSettings,
  parts: { tally: Tally; window: Window; runtime: Runtime; watcher: LoadWatcher; startAt: number },
): Promise<void> {
  const { tally, window, runtime, watcher, startAt } = parts
  const ticker = runtime.timers.every(1000, () => {
    const now = runtime.clock.now()
    const phase = now < window.from ? 'warm-up' : now < window.to ? 'measure' : 'drain'
    watcher.onSecond(phase, now - startAt, tally.takeInterval())
  })
  let giveUp = (): void => undefined
  const limit = new Promise<void>((resolve) => {
    giveUp = resolve
  })
  const timer = runtime.timers.after(window.to - startAt + settings.drainMs, giveUp)
  try {
    await Promise.race([loop.run(), limit])
  } finally {
    timer.cancel()
    ticker.cancel()
  }
}

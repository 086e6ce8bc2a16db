import type { Runtime } from '../runtime/runtime.ts'
import { ClosedLoop } from './closed-loop.ts'
import type { ConnectionPool } from './connection-pool.ts'
import { LoadFailure } from './load-settings.ts'
import type { Workload } from './workload.ts'

/** More failures than this share of the keys end the loading. */
const tolerated = 0.01

/**
 * Writes every key once, as fast as the target takes it. Resolves to the number of writes that failed; throws a
 * `LoadFailure` when that is more than one in a hundred.
 */
export async function preload(
  keys: number,
  parts: { pool: ConnectionPool; workload: Workload; runtime: Runtime; onProgress: (done: number) => void },
): Promise<number> {
  let sent = 0
  let done = 0
  let failed = 0
  let lastFailure = ''
  const tooMany = (): boolean => failed > Math.max(1, keys * tolerated)
  const loop = new ClosedLoop({
    pool: parts.pool,
    runtime: parts.runtime,
    more: () => sent < keys && !tooMany(),
    request: () => parts.workload.writeOf(sent),
    onSent: () => {
      sent++
    },
    onAnswer: (_intendedAt, _at, answer, detail) => {
      done++
      if (answer !== 'ok') {
        failed++
        lastFailure = detail
      }
      parts.onProgress(done)
    },
  })
  await loop.run()
  if (tooMany()) throw new LoadFailure('refused', `preloading failed: ${failed} of ${done} writes (${lastFailure})`)
  return failed
}

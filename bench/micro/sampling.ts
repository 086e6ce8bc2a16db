import { type Summary, summarize } from '../statistics.ts'
import type { Micro } from './micro.ts'

const warmUpMs = 500
const batchMs = 100
const batches = 15

export interface Sampled {
  /** Nanoseconds of one operation. */
  readonly nsPerOp: Summary
  /** Answers of `run` added up. */
  readonly proof: number
}

/** Takes about two seconds by `now` (milliseconds): warms up, finds how many fill a batch, times batches of that many. */
export function sample(micro: Micro, now: () => number): Sampled {
  let proof = 0
  let times = 1
  const until = now() + warmUpMs
  let took = 0
  while (now() < until || took < batchMs / 4) {
    const from = now()
    proof += micro.run(times)
    took = now() - from
    if (took < batchMs / 4) times *= 2
  }
  times = Math.max(1, Math.round((times * batchMs) / took))
  const results = Array.from({ length: batches }, () => {
    const from = now()
    proof += micro.run(times)
    return ((now() - from) * 1e6) / times
  })
  return { nsPerOp: summarize(results), proof }
}

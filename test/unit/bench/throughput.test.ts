import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Length, short, sustained, throughput } from '../../../bench/cases/throughput.ts'
import { type Counters, nothingCounted } from '../../../bench/counters/counters.ts'
import type { Load } from '../../../bench/load/load.ts'
import { fullScale } from '../../../bench/scale.ts'
import type { RunningSystem, System } from '../../../bench/systems/system.ts'

const unused = async (): Promise<never> => assert.fail('not asked for')
const system: System = { name: 's', program: 'node', configuration: '', data: undefined, start: unused }
const scale = { ...fullScale, warmupSeconds: 0, shortSeconds: 0.01, sustainedSeconds: 0.01 }
const data = { sync: async () => undefined }
/** So long that what the test itself takes is nothing beside it. */
const restMs = 1_000_000

/**
 * Measures a system that says it has answered `counts`, one after the other, each time it is asked. The load ends when
 * all but the last were taken.
 */
async function measured(length: Length, counts: readonly (number | 'failed')[]) {
  let asked = 0
  let end = (): void => undefined
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const counters = async (): Promise<Counters> => {
    const good = counts[asked++]
    if (asked === counts.length - 1) end()
    if (typeof good !== 'number') throw new Error('no answer')
    return { ...nothingCounted, good }
  }
  const running: RunningSystem = {
    ...{ pid: process.pid, port: 0, respPort: 0, counters, stop: unused, kill: unused },
    settle: async () => undefined,
  }
  const load: Load = {
    ...{ description: '', writes: true, inFlight: 1 },
    run: async (_, { expectedRate, onStart }) => {
      const from = performance.now()
      onStart(process.pid)
      if (expectedRate !== undefined) await ended
      return { requests: 1, rate: 7, latency: undefined, problems: [], from, to: performance.now() + restMs }
    },
  }
  const context = { system: running, folder: '', data, scale, seed: 1 }
  const { figures, problems } = await throughput('c', system, load, length).measure(context)
  assert.equal(asked, counts.length)
  assert.deepEqual(problems, [])
  return figures
}

test('the second half is what was answered since the middle, by the time that the load went on', async () => {
  const { rate, secondHalfRate } = await measured(sustained, [1000, 51_000, 71_000])
  assert.equal(rate, 7)
  assert.ok(Math.abs(secondHalfRate! - 20) < 1, String(secondHalfRate))
})

test('what was not counted in the middle has no second half, and neither has a short run', async () => {
  assert.equal((await measured(sustained, [1000, 'failed', 71_000]))['secondHalfRate'], undefined)
  assert.equal((await measured(short, [1000, 71_000]))['secondHalfRate'], undefined)
})

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { LoopMonitor } from '../../../src/telemetry/loop-monitor.ts'

it('the loop monitor sees a blocked loop, keeps it for a window and then forgets it', async (t) => {
  const monitor = new LoopMonitor()
  t.after(() => monitor.close())
  const block = (ms: number) => {
    const end = process.hrtime.bigint() + BigInt(ms) * 1_000_000n
    while (process.hrtime.bigint() < end);
  }
  while (monitor.read().delayMaxMs < 100) {
    block(200)
    await turn()
  }
  monitor.sample()
  assert.ok(monitor.read().utilisation > 0.5, `utilisation ${monitor.read().utilisation}`)
  monitor.rotate()
  assert.ok(monitor.read().delayMaxMs >= 100, 'the window before still counts')
  monitor.rotate()
  assert.ok(monitor.read().delayMaxMs < 100)
})

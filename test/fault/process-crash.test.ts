import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { crashCampaign } from '../../scripts/campaign/crash/campaign.ts'
import { programPath } from '../../scripts/process/node-process.ts'

const seed = Number(process.env['HEADGATE_TEST_SEED'] ?? 1) + 1

/** A slice of `npm run crash`, which kills far more often: docs/operating/verification.md. */
for (const { durability, shards, kills } of [
  // The fifth round kills the node once more, while it starts.
  { durability: 'group', shards: 2, kills: 5 },
  // The system lives on: what it was given survives without a sync.
  { durability: 'os', shards: 1, kills: 1 },
]) {
  test(`a process killed under load loses nothing (durability ${durability}, seed ${seed})`, async (t) => {
    assert.ok(existsSync(programPath()), `${programPath()} is not there: npm run build`)
    const settings = { 'store.durability': durability }
    const options = { kills, records: 3000, shards, seed, settings, restartLimitMs: undefined, readAll: true }
    const { violations, exitCode, writes, restartMs, replayed } = await crashCampaign(options)
    t.diagnostic(`${writes.acknowledged} acknowledged, restarts ${restartMs.all.map(Math.round).join(', ')} ms`)
    assert.deepEqual(violations, [])
    assert.equal(exitCode, 0)
    assert.ok(writes.acknowledged <= writes.sent)
    // A node that does nothing loses nothing.
    assert.ok(writes.acknowledged > 500, `${writes.acknowledged} writes were acknowledged`)
    assert.ok(replayed > 0, 'no answered write was repeated')
    assert.equal(restartMs.all.length, kills)
  })
}

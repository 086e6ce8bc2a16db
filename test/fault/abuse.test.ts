import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { attacks, attacksNamed } from '../../scripts/campaign/abuse/attack-list.ts'
import { type AbuseRun, abuseCampaign } from '../../scripts/campaign/abuse/campaign.ts'
import { summary } from '../../scripts/campaign/abuse/summary.ts'
import { programPath } from '../../scripts/process/node-process.ts'

const seed = Number(process.env['HEADGATE_TEST_SEED'] ?? 1) + 1
/** Other tests run beside this one, so that time says little here; memory and wrong answers say as much as ever. */
const bounds = { memoryBytes: 600 * 2 ** 20, successRate: 0.2, p99Ms: 10_000 }

/** So few connections that attacks do not take them from each other. */
const runs: readonly AbuseRun[] = [
  run('slow', 0.03, 'slow-headers,slow-bodies,unread-answers'),
  run('broken', 0.1, 'large-bodies,resp-sizes,random-bytes,hostile-keys,smuggling'),
  // A busy machine must not turn what is refused for its size into what comes too late.
  run('heavy', 0.3, 'wide-commands,transactions', { 'limits.timeout': '5s' }),
  // Each connection asks one question for seconds: enough of them to ask every question.
  run('scans', 0.3, 'scans'),
  // The limits are reached by fewer connections than the full attack makes.
  run('many', 0.1, 'churn,admin-port', { 'limits.connectionRatePerIp': '5', 'limits.connectionBurstPerIp': '10' }),
]

function run(name: string, scale: number, names: string, settings: Readonly<Record<string, string>> = {}): AbuseRun {
  return { name, attacks: attacksNamed(names.split(',')), mustShow: true, scale, settings }
}

/** A slice of `npm run abuse`, which makes far more connections: docs/operating/verification.md. */
test(`every attack, small and short, is answered as it should be (seed ${seed})`, async (t) => {
  assert.ok(existsSync(programPath()), `${programPath()} is not there: npm run build`)
  const tried = runs.flatMap((each) => each.attacks.map(({ name }) => name))
  assert.deepEqual([...tried].sort(), attacks.map(({ name }) => name).sort(), 'an attack is left out')
  const result = await abuseCampaign({ runs, seconds: 4, records: 2000, seed, bounds })
  t.diagnostic(`\n${summary(result)}`)
  assert.deepEqual(
    result.results.flatMap(({ name, failures }) => failures.map((failure) => `${name}: ${failure}`)),
    [],
  )
  for (const { name, honest } of result.results) assert.ok(honest.succeeded > 100, `${name}: ${honest.succeeded}`)
})

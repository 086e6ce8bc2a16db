import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Attack, misses, Tally } from '../../../../scripts/campaign/abuse/attack.ts'
import { attacks, attacksNamed } from '../../../../scripts/campaign/abuse/attack-list.ts'
import { brokenOffName, failuresOf, type Seen } from '../../../../scripts/campaign/abuse/judge.ts'
import { summary } from '../../../../scripts/campaign/abuse/summary.ts'

const bounds = { memoryBytes: 512 * 2 ** 20, successRate: 0.95, p99Ms: 100 }
const attack: Attack = {
  name: 'a',
  what: 'nothing',
  expects: { stopped: 'must', late: 'may' },
  run: async () => undefined,
}
const alone = { attacks: [attack], mustShow: true }
const other: Attack = { ...attack, name: 'b' }
const good: Seen = {
  got: { a: { outcomes: { stopped: 3 }, problems: [] } },
  honest: {
    sent: 100,
    succeeded: 100,
    successRate: 1,
    p50Ms: 1,
    p99Ms: 2,
    maxMs: 3,
    p99MsByKind: { 'http-get': 1, 'http-put': 1, 'resp-get': 1, 'resp-set': 1 },
    failures: {},
    problems: [],
  },
  node: {
    anonymousBytes: 2 ** 20,
    anonymousAfterBytes: 2 ** 20,
    loopDelayMaxMs: 1,
    loopDelayP99Ms: 1,
    readyMs: 1,
    cpuMs: 1,
    exitCode: 0,
    problems: [],
  },
}

describe('what the abuse campaign lets pass', () => {
  test('nothing is wrong with what is right', () => assert.deepEqual(failuresOf(alone, good, bounds), []))

  const { honest, node } = good
  const wrong: readonly [name: string, seen: Partial<Seen>, says: RegExp][] = [
    ['an outcome nobody expects', { got: { a: { outcomes: { stopped: 1, 200: 2 }, problems: [] } } }, /^2 got "200"$/],
    ['an attack that tried nothing', { got: { a: { outcomes: { late: 9 }, problems: [] } } }, /^nobody got "stopped"$/],
    ['a wrong answer', { got: { a: { outcomes: { stopped: 1 }, problems: ['got in'] } } }, /^got in$/],
    ['attackers left hanging', { got: { [brokenOffName]: { outcomes: {}, problems: ['no end'] } } }, /^no end$/],
    [
      'honest clients turned away',
      { honest: { ...honest, successRate: 0.94, failures: { 'HTTP 503': 6 } } },
      /^94\.0 % of honest requests succeeded \(6 HTTP 503\)$/,
    ],
    ['no honest request at all', { honest: { ...honest, successRate: Number.NaN } }, /^NaN % of honest/],
    ['honest clients kept waiting', { honest: { ...honest, p99Ms: 101 } }, /^honest p99 was 101 ms$/],
    ['honest clients misled', { honest: { ...honest, problems: ['wrong answer to /a'] } }, /^wrong answer to \/a$/],
    ['memory', { node: { ...node, anonymousBytes: 513 * 2 ** 20 } }, /^anonymous memory reached 513 MiB$/],
    ['a node that died', { node: { ...node, problems: ['the node died'] } }, /^the node died$/],
  ]
  for (const [name, seen, says] of wrong) {
    test(`${name} is reported`, () => {
      const failures = failuresOf(alone, { ...good, ...seen }, bounds)
      assert.equal(failures.length, 1, failures.join('\n'))
      assert.match(failures[0]!, says)
    })
  }

  test('in company an attack may come to nothing, but not get what nobody expects', () => {
    const got = { a: { outcomes: {}, problems: [] }, b: { outcomes: { in: 1 }, problems: [] } }
    assert.deepEqual(failuresOf({ attacks: [attack, other], mustShow: false }, { ...good, got }, bounds), [
      '1 got "in"',
    ])
  })
})

test('a tally keeps each problem once and a bounded number', () => {
  const tally = new Tally()
  for (let i = 0; i < 100; i++) {
    tally.problem(`problem ${i % 50}`)
    tally.count('tried')
  }
  const { outcomes, problems } = tally.report()
  assert.deepEqual(outcomes, { tried: 100 })
  assert.equal(problems.length, 20)
  assert.equal(new Set(problems).size, 20)
})

test('beside other attacks an attack may be turned away, and no more than that', () => {
  const [attack] = attacksNamed(['slow-headers'])
  const tally = new Tally()
  for (const outcome of ['refused', 'closed', 'no connection', '200']) tally.count(outcome)
  assert.deepEqual(misses(attack!, tally.report(), false), ['1 got "200"'])
  const alone = misses(attack!, tally.report(), true)
  assert.ok(alone.includes('1 got "no connection"'), alone.join(', '))
})

test('every attack has to be seen to do something', () => {
  for (const each of attacks) {
    assert.ok(misses(each, new Tally().report(), true).length > 0, each.name)
  }
  assert.deepEqual(
    attacksNamed(['churn']).map(({ name }) => name),
    ['churn'],
  )
  assert.throws(() => attacksNamed(['chrun']), /no attack "chrun"; there are slow-headers, /)
})

test('the summary names what failed, and says so at the end', () => {
  const result = { ...good, name: 'a', failures: ['honest p99 was 101 ms'] }
  const all = { seconds: 1, records: 1, seed: 1, bounds }
  const failed = summary({ ...all, results: [result], ok: false })
  assert.match(failed, /^a +100\.00 % .* FAILED$/m)
  assert.match(failed, /^ {2}a: stopped 3$/m)
  assert.match(failed, /\na: honest p99 was 101 ms\nFAILED$/)
  assert.match(summary({ ...all, results: [{ ...result, failures: [] }], ok: true }), /\npassed$/)
})

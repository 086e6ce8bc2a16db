import assert from 'node:assert/strict'
import { describe, mock, test } from 'node:test'
import type { Violation } from '../../../../scripts/campaign/crash/history.ts'
import { Model, preloadedKey } from '../../../../scripts/campaign/crash/model.ts'
import { recordValue } from '../../../../scripts/campaign/crash/record-value.ts'
import { RespWriter } from '../../../../scripts/campaign/crash/resp-writer.ts'
import { checkCount, checkPreloaded, settleTouched } from '../../../../scripts/campaign/crash/verify.ts'
import { RespError } from '../../../../scripts/campaign/resp-connection.ts'
import { seededRandom } from '../../../../src/runtime/random.ts'
import { type Lie, ToyRedis, ToyRespClient } from './toy-redis.ts'

const preloaded = 1000
const commands = 4000
const seed = 11
/** A writer that was turned away waits. */
const pauseMs = 20

interface Crash {
  readonly store: ToyRedis
  readonly model: Model
}

/** Writes until the connection is cut among unanswered commands, of which the store has taken some. */
function crashed(lie?: Lie): Crash {
  const store = new ToyRedis()
  for (let i = 0; i < preloaded; i++) store.set(preloadedKey(i), recordValue(preloadedKey(i), i + 1))
  const model = new Model(preloaded)
  const settings = { name: 'r0', share: 0, writers: 1, depth: 64, keys: 100 }
  const writer = new RespWriter(settings, model, seededRandom(seed))
  const client = new ToyRespClient(store, lie)
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    writer.start(client)
    for (let i = 0; i < commands; i++) if (!client.pump()) mock.timers.tick(pauseMs)
  } finally {
    mock.timers.reset()
  }
  assert.ok(writer.acknowledged > commands / 2)
  client.cut(20)
  writer.stop()
  return { store, model }
}

/** What the checks behind a restart find. */
async function found({ store, model }: Crash): Promise<readonly Violation[]> {
  const client = new ToyRespClient(store)
  await settleTouched(client, model)
  const all = Array.from({ length: preloaded }, (_, i) => i)
  await checkPreloaded(client, model, all)
  await checkCount(client, model)
  return model.violations
}

/** A key with a value that was acknowledged, and nothing sent after it. */
function acknowledged({ model, store }: Crash): string {
  const [history] = [...model.histories.values()].filter(
    ({ key, known, sure }) =>
      key.startsWith('k:') && known.present && sure && store.records.get(key) === recordValue(key, known.sequence),
  )
  return history!.key
}

function fullPair({ model, store }: Crash): { readonly first: string; readonly second: string } {
  const pairs = [...model.pairs.values()].map(({ first, second }) => ({ first: first.key, second: second.key }))
  return pairs.find(({ first, second }) => store.records.has(first) && store.records.has(second))!
}

describe('the checks of the crash campaign', () => {
  test('find nothing where nothing is wrong', async () => {
    const crash = crashed()
    assert.deepEqual(await found(crash), [])
    assert.ok(crash.model.pairs.size > 5 && crash.model.counters.size > 5)
  })

  const damages: readonly [name: string, damage: (crash: Crash) => string, kinds: readonly string[]][] = [
    [
      'a lost write of a new key',
      (crash) => {
        const key = acknowledged(crash)
        crash.store.records.delete(key)
        return key
      },
      ['lost'],
    ],
    [
      'a lost write over an older one',
      (crash) => {
        const key = [...crash.store.before.keys()].find(
          (each) => each.startsWith('k:') && crash.store.records.has(each),
        )!
        crash.store.records.set(key, crash.store.before.get(key)!)
        return key
      },
      ['lost'],
    ],
    [
      'a deleted key that came back',
      (crash) => {
        const key = [...crash.store.before.keys()].find(
          (each) => each.startsWith('k:') && !crash.store.records.has(each),
        )!
        crash.store.records.set(key, crash.store.before.get(key)!)
        return key
      },
      ['lost'],
    ],
    [
      'half a value',
      (crash) => {
        const key = acknowledged(crash)
        crash.store.records.set(key, crash.store.records.get(key)!.slice(0, 64).padEnd(128, '\0'))
        return key
      },
      ['torn'],
    ],
    [
      'the value of another key',
      (crash) => {
        const key = acknowledged(crash)
        crash.store.records.set(key, recordValue('k:r0:x', 1))
        return key
      },
      ['torn'],
    ],
    [
      'half of a pair',
      (crash) => {
        const { first, second } = fullPair(crash)
        crash.store.records.delete(second)
        return first
      },
      ['lost', 'torn'],
    ],
    [
      'a lost increment',
      ({ store }) => {
        store.records.set('c:r0:0', String(Number(store.records.get('c:r0:0')) - 10))
        return 'c:r0:0'
      },
      ['lost'],
    ],
    [
      'an increment too many',
      ({ store }) => {
        store.records.set('c:r0:1', String(Number(store.records.get('c:r0:1')) + 100))
        return 'c:r0:1'
      },
      ['invented'],
    ],
    [
      'a lost record that nobody wrote since it was loaded',
      ({ store, model }) => {
        const key = Array.from({ length: preloaded }, (_, i) => preloadedKey(i)).find(
          (each) => !model.histories.has(each),
        )
        store.records.delete(key ?? '')
        return key ?? 'none'
      },
      ['lost'],
    ],
    [
      'a record that nobody wrote',
      ({ store }) => {
        store.records.set('nobody', 'x')
        return '(all)'
      },
      ['invented'],
    ],
  ]
  for (const [name, damage, kinds] of damages) {
    test(`find ${name}`, async () => {
      const crash = crashed()
      const key = damage(crash)
      const violations = await found(crash)
      assert.ok(
        violations.some((each) => each.key === key),
        JSON.stringify({ key, violations }),
      )
      for (const kind of kinds)
        assert.ok(
          violations.some((each) => each.kind === kind),
          JSON.stringify(violations),
        )
    })
  }
})

describe('a writer of the crash campaign finds', () => {
  const isOf = (args: readonly string[], name: string, prefix: string): boolean =>
    args[0] === name && args[1]?.startsWith(prefix) === true
  const lies: readonly [name: string, lie: Lie, detail: RegExp][] = [
    [
      'a stale read',
      (args, store) => (isOf(args, 'GET', 'k:') ? store.before.get(args[1]!) : undefined),
      /^GET found \d+ after/,
    ],
    ['a read that finds nothing', (args) => (isOf(args, 'GET', 'k:') ? null : undefined), /^GET found/],
    ['a delete of nothing', (args) => (isOf(args, 'DEL', 'k:') ? 0 : undefined), /^DEL \(of 1 record\) was answered 0/],
    ['a counter that stands still', (args) => (args[0] === 'INCR' ? 1 : undefined), /^INCR answered 1, not/],
    ['half a transaction', (args) => (args[0] === 'EXEC' ? ['OK'] : undefined), /^EXEC was answered \["OK"\]/],
    [
      'a write answered with something else',
      (args) => (isOf(args, 'SET', 'k:r0:1') ? 'KO' : undefined),
      /^SET was answered "KO"/,
    ],
  ]
  for (const [name, lie, detail] of lies) {
    test(name, () => {
      const { violations } = crashed(lie).model
      assert.ok(violations.length > 0)
      assert.ok(
        violations.every((each) => each.kind === 'wrong-answer'),
        JSON.stringify(violations[0]),
      )
      assert.ok(
        violations.some((each) => detail.test(each.detail)),
        JSON.stringify(violations[0]),
      )
    })
  }

  /** What to say to one SET in ten, and whether the store takes it all the same. */
  const sometimes = (says: RespError | string, taken: boolean): Lie => {
    let asked = 0
    return (args, store) => {
      if (args[0] !== 'SET' || ++asked % 10 !== 0) return undefined
      if (taken) store.run(args)
      return says
    }
  }
  const shed = new RespError('OVERLOADED reason=queue-full retry-after-ms=5')
  const unknown = new RespError('TIMEOUT outcome=unknown')
  const rejected = new RespError('TIMEOUT outcome=not-applied')
  for (const [name, lie, right] of [
    ['nothing in writes that were shed', sometimes(shed, false), true],
    ['writes that were shed and done', sometimes(shed, true), false],
    ['nothing in late writes that were not done, as they said', sometimes(rejected, false), true],
    ['late writes that were done, against what they said', sometimes(rejected, true), false],
    ['nothing in late writes that may have been done', sometimes(unknown, true), true],
    ['nothing in late writes that may not have been done', sometimes(unknown, false), true],
    ['writes that were acknowledged and not done', sometimes('OK', false), false],
  ] as const) {
    test(name, async () => {
      const violations = await found(crashed(lie))
      if (right) assert.deepEqual(violations, [])
      else assert.ok(violations.length > 0)
    })
  }
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Violation } from '../../../../scripts/campaign/crash/history.ts'
import { HttpWriter } from '../../../../scripts/campaign/crash/http-writer.ts'
import { Model } from '../../../../scripts/campaign/crash/model.ts'
import { recordValue } from '../../../../scripts/campaign/crash/record-value.ts'
import type { HttpRequest } from '../../../../scripts/campaign/http-connection.ts'
import { seededRandom } from '../../../../src/runtime/random.ts'
import { answer, type HttpLie, ToyHttp, ToyHttpClient } from './toy-http.ts'

const requests = 1500
const seed = 5
const isPut = ({ method, headers }: HttpRequest): boolean =>
  method === 'PUT' && headers?.['Idempotency-Key'] === undefined

interface Crash {
  readonly store: ToyHttp
  readonly model: Model
  readonly writer: HttpWriter
  /** Of the write that was not answered. */
  readonly lastPath: string
}

/** Writes until the connection ends with a write that was done and not answered: one with an Idempotency-Key or not. */
async function crashed(last: 'once' | 'plain', lie?: HttpLie): Promise<Crash> {
  const store = new ToyHttp()
  const model = new Model(0)
  const writer = new HttpWriter('w0', 20, model, seededRandom(seed))
  let asked = 0
  let lastPath = ''
  const client: ToyHttpClient = new ToyHttpClient(store, (request) => {
    const key = request.headers?.['Idempotency-Key']
    const wanted = last === 'plain' ? isPut(request) : key !== undefined && !store.outcomes.has(key)
    if (++asked < requests || !wanted) return lie?.(request, store)
    store.run(request)
    lastPath = request.path
    client.open = false
    throw new Error('the connection ended')
  })
  await writer.run(client)
  writer.stop()
  assert.ok(writer.acknowledged > requests / 4)
  return { store, model, writer, lastPath }
}

/** What the checks behind a restart find. */
async function found({ store, model, writer }: Crash): Promise<readonly Violation[]> {
  const client = new ToyHttpClient(store)
  await writer.recover(client)
  await writer.settle(client)
  return model.violations
}

/** Path of a record that was overwritten, and is there; both were answered. */
function overwritten({ store, lastPath }: Crash): string {
  return [...store.before.keys()].find((path) => path !== lastPath && store.records.has(path))!
}

function details(violations: readonly Violation[]): string {
  return violations.map(({ kind, detail }) => `${kind}: ${detail}`).join('\n')
}

describe('the checks of the crash campaign over HTTP', () => {
  for (const last of ['once', 'plain'] as const) {
    test(`find nothing where nothing is wrong (${last})`, async () => {
      const crash = await crashed(last)
      assert.deepEqual(await found(crash), [])
      assert.ok(crash.writer.replayed > 10)
    })
  }

  const damages: readonly [name: string, last: 'once' | 'plain', damage: (crash: Crash) => void, finds: RegExp][] = [
    [
      'a lost write',
      'plain',
      (crash) => void crash.store.records.delete(overwritten(crash)),
      /^lost: .*found nothing$/m,
    ],
    [
      'a write that was taken back',
      'plain',
      (crash) => void crash.store.records.set(overwritten(crash), crash.store.before.get(overwritten(crash))!),
      /^lost: .*found write/m,
    ],
    [
      'half a value',
      'plain',
      (crash) => {
        const path = overwritten(crash)
        const record = crash.store.records.get(path)!
        crash.store.records.set(path, { ...record, value: record.value.slice(0, 100) })
      },
      /^torn: /m,
    ],
    [
      'an ETag that changed without a write',
      'plain',
      (crash) => {
        const path = overwritten(crash)
        crash.store.records.set(path, { ...crash.store.records.get(path)!, etag: '"other"' })
      },
      /^lost: the value of write \d+ is there, its ETag was/m,
    ],
    [
      'a forgotten outcome of a write that was done',
      'once',
      ({ store }) => store.outcomes.clear(),
      /^wrong-answer: PUT \d+ \(again after a crash\) was answered 412/m,
    ],
  ]
  for (const [name, last, damage, finds] of damages) {
    test(`find ${name}`, async () => {
      const crash = await crashed(last)
      damage(crash)
      assert.match(details(await found(crash)), finds)
    })
  }
})

describe('a writer of the crash campaign over HTTP finds', () => {
  const lies: readonly [name: string, lie: HttpLie, finds: RegExp][] = [
    [
      'a stale read',
      ({ method, path }, store) => {
        const old = method === 'GET' ? store.before.get(path) : undefined
        return old === undefined ? undefined : answer(200, old.etag, old.value)
      },
      /^wrong-answer: GET was answered 200 after write/,
    ],
    [
      'a value with the wrong ETag',
      ({ method, path }, store) => {
        const record = method === 'GET' ? store.records.get(path) : undefined
        return record === undefined ? undefined : answer(200, '"other"', record.value)
      },
      /^wrong-answer: GET was answered 200/,
    ],
    [
      'a write over what it did not know',
      (request, store) => {
        if (request.body !== recordValue(request.path.slice('/v1/records/'.length), 0)) return undefined
        return store.run({ ...request, headers: {} })
      },
      /^wrong-answer: a PUT over the stale ETag .* was answered 20/,
    ],
    [
      'a repeat that was done again',
      (request, store) => {
        const key = request.headers?.['Idempotency-Key']
        if (key === undefined || !store.outcomes.delete(key)) return undefined
        return store.run({ ...request, headers: { 'Idempotency-Key': key } })
      },
      /^wrong-answer: the repeat of an answered write was answered 204, not marked/,
    ],
    [
      'a write refused without reason',
      (request, store) => (isPut(request) && store.before.size < 5 ? answer(409) : undefined),
      /^wrong-answer: PUT \d+ was answered 409/m,
    ],
  ]
  for (const [name, lie, finds] of lies) {
    test(name, async () => {
      assert.match(details((await crashed('plain', lie)).model.violations), finds)
    })
  }

  const sometimes = (given: ReturnType<typeof answer>, taken: boolean): HttpLie => {
    let asked = 0
    return (request, store) => {
      if (!isPut(request) || ++asked % 10 !== 0) return undefined
      if (taken) store.run(request)
      return given
    }
  }
  const shed = answer(503, undefined, '{"code":"overloaded","outcome":"not-applied"}')
  const unknown = answer(504, undefined, '{"code":"deadline","outcome":"unknown"}')
  for (const [name, lie, right] of [
    ['nothing in writes that were shed', sometimes(shed, false), true],
    ['writes that were shed and done', sometimes(shed, true), false],
    ['nothing in late writes that may have been done', sometimes(unknown, true), true],
    ['nothing in late writes that may not have been done', sometimes(unknown, false), true],
    ['writes that were acknowledged and not done', sometimes(answer(204, '"none"'), false), false],
  ] as const) {
    test(name, async () => {
      const violations = await found(await crashed('plain', lie))
      if (right) assert.deepEqual(violations, [])
      else assert.ok(violations.length > 0)
    })
  }
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { GatewayError } from '../../../src/errors.ts'
import { type Body, clearExpiry, type PointBody } from '../../../src/operation/body.ts'
import type { RecordReply, Reply, WriteReply } from '../../../src/operation/reply.ts'
import type { CaseContext, CaseRegister } from './store-case.ts'
import { bytes, putBody, textOf } from './store-client.ts'
import { type Ends, expiryOf, type Step, StoreModel } from './store-model.ts'

const key = fc.constantFrom('a', 'aa', 'b', 'ba', 'c', 'd')
const value = fc.oneof(
  fc.constantFrom('7', '-1', '', 'text'),
  fc.nat(3).map((n) => 'x'.repeat(n * 700)),
)
const ends: fc.Arbitrary<Ends> = fc.oneof(
  fc.constantFrom('never' as const, 'keep' as const),
  fc.integer({ min: -10, max: 3_000 }),
)
const only = fc.option(fc.constantFrom('new' as const, 'there' as const), { nil: undefined })

const point: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('put' as const), key, value, ends, only }).map(withoutNothing) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('blind' as const), key, value }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('increment' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('append' as const), key, value }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const), key, ends }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('get' as const), key }) },
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: point },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('scan' as const),
      desc: fc.boolean(),
      limit: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'count' } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('batch' as const),
      steps: fc.array(point, { maxLength: 6 }),
      abort: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 2_000 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' } as const) },
)

export function modelCases(store: CaseRegister): void {
  const kinds = ['put', 'delete', 'modify', 'get', 'scan', 'count', 'batch', 'delete-many'] as const
  store.on(kinds, 'random operations answer as a plain map would', async (context) => {
    let round = 0
    const run = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.boolean(),
      async (steps, pipelined) => {
        await compare(context, `${context.prefix}${++round}/`, steps, pipelined)
      },
    )
    await fc.assert(run, { numRuns: 60, interruptAfterTimeLimit: 20_000, includeErrorInReport: true })
  })
}

/** Runs the steps on keys below `prefix`; pipelined, what lies between two waits is dispatched without waiting. */
async function compare(
  context: CaseContext,
  prefix: string,
  steps: readonly Step[],
  pipelined: boolean,
): Promise<void> {
  const { client, harness } = context
  const model = new StoreModel()
  let asked: Promise<unknown>[] = []
  let expected: unknown[] = []
  const check = async (): Promise<void> => {
    assert.deepEqual(await Promise.all(asked), expected)
    asked = []
    expected = []
  }
  for (const each of steps) {
    if (each.do === 'wait' || each.do === 'restart') {
      await check()
      if (each.do === 'wait') await harness.elapse(each.ms)
      else await harness.restart?.()
      continue
    }
    model.nowMs = harness.clock.wallMs()
    expected.push(model.run(each))
    asked.push(client.ask(bodyOf(each, prefix)).then((answer) => shown(answer, each, prefix)))
    // A range may be read while what was dispatched behind it happens.
    if (!pipelined || each.do === 'scan' || each.do === 'count') await check()
  }
  await check()
}

function bodyOf(step: Step, prefix: string): Body {
  const range = { lower: { key: bytes(prefix), inclusive: true }, upper: { key: bytes(`${prefix}~`), inclusive: true } }
  switch (step.do) {
    case 'scan':
      return {
        kind: 'scan',
        range,
        order: step.desc ? 'desc' : 'asc',
        limit: step.limit,
        maxBytes: 1 << 24,
        values: true,
      }
    case 'count':
      return { kind: 'count', range }
    case 'batch': {
      const operations = step.steps.map((each) => pointOf(each, prefix))
      return { kind: 'batch', operations, atomic: true, abortOnFailure: step.abort }
    }
    default:
      return pointOf(step, prefix)
  }
}

function pointOf(step: Step, prefix: string): PointBody {
  if (!('key' in step)) throw new Error(`${step.do} is no operation on one key`)
  const name = prefix + step.key
  const own = { kind: 'modify', key: bytes(name) } as const
  switch (step.do) {
    case 'put': {
      const condition = step.only === 'new' ? ({ ifNoneMatch: '*' } as const) : ({ ifMatch: '*' } as const)
      return putBody(name, step.value, {
        expiry: expiryOf(step.ends),
        ...(step.only === undefined ? {} : { condition }),
      })
    }
    case 'blind':
      return putBody(name, step.value, { blind: true, expiry: clearExpiry })
    case 'delete':
      return { kind: 'delete', key: bytes(name) }
    case 'increment':
      return { ...own, change: { name: 'increment', by: 1n } }
    case 'append':
      return { ...own, change: { name: 'append', value: bytes(step.value) } }
    case 'expire':
      return { ...own, change: { name: 'expire', expiry: expiryOf(step.ends) } }
    case 'get':
      return { kind: 'get', key: bytes(name), projection: 'value' }
  }
}

function shown(answer: Reply | GatewayError, step: Step, prefix: string): unknown {
  if (answer instanceof GatewayError) return answer.code
  switch (answer.kind) {
    case 'page':
      return answer.entries.map(
        (entry) => `${Buffer.from(entry.key).toString('latin1').slice(prefix.length)}=${textOf(entry.record)}`,
      )
    case 'count':
      return answer.count
    case 'batch':
      return answer.results.map((each, place) =>
        shownPoint(each, (step as Extract<Step, { do: 'batch' }>).steps[place]!),
      )
    default:
      return shownPoint(answer as WriteReply | RecordReply, step)
  }
}

/** A blind put may say `created` where the store had to look anyway. */
function shownPoint(answer: WriteReply | RecordReply | GatewayError, step: Step): unknown {
  if (answer instanceof GatewayError) return answer.code
  if (step.do === 'blind' && answer.kind === 'written' && answer.status === 'created') return 'replaced'
  return answer.kind === 'written' ? answer.status : textOf(answer.record)
}

type PutStep = Extract<Step, { do: 'put' }>

function withoutNothing({
  only: which,
  ...rest
}: Omit<PutStep, 'only'> & { only: PutStep['only'] | undefined }): PutStep {
  return { ...rest, ...(which === undefined ? {} : { only: which }) }
}

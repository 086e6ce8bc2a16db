import assert from 'node:assert/strict'
import type { Condition, VersionMatch } from '../../../src/operation/condition.ts'
import type { Version } from '../../../src/operation/record.ts'
import type { CaseRegister } from './store-case.ts'
import { bytes, putBody, textOf } from './store-client.ts'

const never: Version = { epoch: 4_000_000, index: 1, sub: 0 }

/** What a client may send for one of the two conditions, and whether it matches a record that is there. */
const matches: Readonly<Record<string, { of(current: Version): VersionMatch; there: boolean }>> = {
  star: { of: () => '*', there: true },
  current: { of: (current) => [current], there: true },
  'list with the current': { of: (current) => [never, current], there: true },
  other: { of: () => [never], there: false },
  'nearly the current': { of: (current) => [{ ...current, sub: current.sub + 1 }], there: false },
  'nothing Headgate made': { of: () => [], there: false },
}

interface Row {
  readonly name: string
  readonly present: boolean
  readonly holds: boolean
  condition(current: Version): Condition
}

/** RFC 9110 section 13.1: If-Match holds for a record that matches, If-None-Match for one that does not or none. */
function rows(): Row[] {
  const out: Row[] = []
  for (const present of [true, false]) {
    for (const [name, { of, there }] of Object.entries(matches)) {
      const match = present && there
      out.push({ name: `If-Match ${name}`, present, holds: match, condition: (v) => ({ ifMatch: of(v) }) })
      out.push({ name: `If-None-Match ${name}`, present, holds: !match, condition: (v) => ({ ifNoneMatch: of(v) }) })
      for (const [other, { of: noneOf, there: noneThere }] of Object.entries(matches)) {
        out.push({
          name: `If-Match ${name}, If-None-Match ${other}`,
          present,
          holds: match && !(present && noneThere),
          condition: (v) => ({ ifMatch: of(v), ifNoneMatch: noneOf(v) }),
        })
      }
    }
  }
  return out
}

export function conditionCases(store: CaseRegister): void {
  store.on(
    ['put', 'delete', 'get'],
    'put: every condition on a record that is there and one that is not',
    async (on) => {
      const { client, key } = on
      for (const row of rows()) {
        await client.delete(key())
        if (row.present) await client.put(key(), 'before')
        const condition = row.condition(row.present ? await client.version(key()) : { epoch: 1, index: 1, sub: 0 })
        const where = `${row.name}, ${row.present ? 'present' : 'absent'}`
        if (row.holds) {
          const { status } = await client.put(key(), 'after', { condition })
          assert.equal(status, row.present ? 'replaced' : 'created', where)
          assert.equal(await client.get(key()), 'after', where)
        } else {
          const error = await client.refuse('precondition-failed', putBody(key(), 'after', { condition }))
          assert.equal(error.outcome, 'not-applied', where)
          assert.equal(await client.get(key()), row.present ? 'before' : undefined, where)
        }
      }
    },
  )

  store.on(['put', 'delete', 'get'], 'delete: every condition', async ({ client, key }) => {
    for (const row of rows()) {
      await client.delete(key())
      if (row.present) await client.put(key(), 'before')
      const condition = row.condition(row.present ? await client.version(key()) : { epoch: 1, index: 1, sub: 0 })
      const where = `${row.name}, ${row.present ? 'present' : 'absent'}`
      if (row.holds) {
        assert.equal((await client.delete(key(), { condition })).status, row.present ? 'deleted' : 'absent', where)
        assert.equal(await client.get(key()), undefined, where)
      } else {
        await client.refuse('precondition-failed', { kind: 'delete', key: bytes(key()), condition })
        assert.equal(await client.get(key()), row.present ? 'before' : undefined, where)
      }
    }
  })

  store.on(
    ['put', 'get'],
    'a soft condition that fails is an answer, with the previous record',
    async ({ client, key }) => {
      const absent = { ifNoneMatch: '*' } as const
      const soft = { condition: absent, softCondition: true, returnPrevious: true } as const
      assert.equal((await client.put(key(), 'one', soft)).status, 'created')
      const version = await client.version(key())
      const refused = await client.put(key(), 'two', soft)
      assert.equal(refused.status, 'refused')
      assert.equal(refused.version, undefined)
      assert.equal(textOf(refused.previous), 'one')
      assert.deepEqual(await client.version(key()), version)
      const present = await client.put(key('none'), 'x', { condition: { ifMatch: '*' }, softCondition: true })
      assert.equal(present.status, 'refused')
      assert.equal(await client.record(key('none')), undefined)
    },
  )

  store.on(['put', 'get'], 'of writers that saw the same version one wins', async ({ client, key }) => {
    await client.put(key(), 'start')
    const condition = { ifMatch: [await client.version(key())] }
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => client.ask(putBody(key(), `writer ${i}`, { condition }))),
    )
    const won = answers.filter((answer) => 'kind' in answer)
    assert.equal(won.length, 1)
    assert.equal(await client.get(key()), `writer ${answers.findIndex((answer) => 'kind' in answer)}`)
  })
}

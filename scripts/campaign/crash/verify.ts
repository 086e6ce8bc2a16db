import type { RespClient, RespReply } from '../resp-connection.ts'
import { absent, History, type Seen } from './history.ts'
import { type Model, preloadedKey } from './model.ts'
import { recordValue, sequenceOf } from './record-value.ts'

const window = 512

/** Reads everything that was written since the last time and compares; what is seen is known from then on. */
export async function settleTouched(connection: RespClient, model: Model): Promise<void> {
  const histories = [...model.touched]
  const values = await getAll(
    connection,
    histories.map(({ key }) => key),
  )
  for (const [i, history] of histories.entries()) model.report(history.settle(seenOf(history.key, values[i]!)))
  await settlePairs(connection, model)
  await settleCounters(connection, model)
  model.touched.clear()
}

async function settlePairs(connection: RespClient, model: Model): Promise<void> {
  const pairs = [...model.touchedPairs]
  const keys = pairs.flatMap(({ first, second }) => [first.key, second.key])
  const values = await getAll(connection, keys)
  for (const [i, { first, second }] of pairs.entries()) {
    const [one, other] = [seenOf(first.key, values[2 * i]!), seenOf(second.key, values[2 * i + 1]!)]
    model.report(first.settle(one))
    model.report(second.settle(other))
    if (!sameWrite(one, other)) {
      const detail = `${describe(one)}, and ${second.key} holds ${describe(other)}: half of a write that was atomic`
      model.report({ kind: 'torn', key: first.key, detail })
    }
  }
  model.touchedPairs.clear()
}

async function settleCounters(connection: RespClient, model: Model): Promise<void> {
  const counters = [...model.touchedCounters]
  const values = await getAll(
    connection,
    counters.map(({ key }) => key),
  )
  for (const [i, counter] of counters.entries()) model.report(counter.settle(Number(values[i] ?? 0)))
  model.touchedCounters.clear()
}

/** Both keys of a pair hold what one and the same write left. */
export function sameWrite(one: Seen, other: Seen): boolean {
  return one.present ? other.present && one.sequence === other.sequence : !other.present
}

/** Reads preloaded records by their numbers; those that were overwritten must hold what their history says. */
export async function checkPreloaded(connection: RespClient, model: Model, indexes: readonly number[]): Promise<void> {
  const values = await getAll(connection, indexes.map(preloadedKey))
  for (const [i, index] of indexes.entries()) {
    const key = preloadedKey(index)
    const value = values[i]!
    const history = model.histories.get(key)
    if (history !== undefined) model.report(history.settle(seenOf(key, value)))
    else if (value !== recordValue(key, index + 1)) {
      const untouched = new History(key, { sequence: index + 1, present: true })
      model.report(untouched.settle(seenOf(key, value)))
    }
  }
}

/** The number of records is exactly what it must be. Only after everything was settled. */
export async function checkCount(connection: RespClient, model: Model): Promise<void> {
  const found = await connection.ask('DBSIZE')
  if (found === model.records) return
  const detail = `DBSIZE is ${JSON.stringify(found)}, ${model.records} records must be there`
  model.report({ kind: Number(found) < model.records ? 'lost' : 'invented', key: '(all)', detail })
}

async function getAll(connection: RespClient, keys: readonly string[]): Promise<readonly (string | null)[]> {
  const values: (string | null)[] = []
  for (let from = 0; from < keys.length; from += window) {
    const asked = keys.slice(from, from + window).map((key) => connection.ask('GET', key))
    for (const [i, reply] of (await Promise.all(asked)).entries()) values.push(textOf(keys[from + i]!, reply))
  }
  return values
}

function textOf(key: string, reply: RespReply): string | null {
  if (reply === null || typeof reply === 'string') return reply
  throw new Error(`GET ${key} was answered ${JSON.stringify(reply)}`)
}

function seenOf(key: string, value: string | null): Seen {
  return value === null ? absent : { present: true, sequence: sequenceOf(key, value) }
}

function describe(seen: Seen): string {
  return seen.present ? `write ${seen.sequence ?? '(not whole)'}` : 'nothing'
}

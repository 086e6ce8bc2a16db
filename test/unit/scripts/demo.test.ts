import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type CityRecord, readCities } from '../../../scripts/demo/cities.ts'
import { continentOf } from '../../../scripts/demo/continents.ts'
import { loadCities } from '../../../scripts/demo/load-cities.ts'
import { ProgressBar } from '../../../scripts/demo/progress-bar.ts'
import { type Question, questionsOf } from '../../../scripts/demo/questions.ts'
import { RecordsClient } from '../../../scripts/demo/records-client.ts'
import { answerText, difference } from '../../../scripts/demo/show-answer.ts'

const records = readCities()

test('the data set: at least 100,000 places, every key once, valid and without a tag', () => {
  assert.ok(records.length >= 100_000, `${records.length} records`)
  const keys = new Set(records.map(({ key }) => key))
  assert.equal(keys.size, records.length)
  for (const { key, city } of records) {
    assert.ok(Buffer.byteLength(key) <= 1024 && !/[{}]/.test(key), key)
    assert.ok(key.startsWith(`city:${city.country}:${city.name}:`), key)
  }
})

test('countries have the continents one expects; others are an error', () => {
  const expected = { CN: 'Asia', EG: 'Africa', FR: 'Europe', US: 'North America', BR: 'South America', FJ: 'Oceania' }
  for (const [country, continent] of Object.entries(expected)) assert.equal(continentOf(country), continent)
  assert.throws(() => continentOf('ZZ'), /country ZZ/)
})

test('loading writes every record once and reports how far it is', async () => {
  const some = records.slice(0, 2345)
  const written: string[] = []
  const progress: number[] = []
  const putAll: RecordsClient['putAll'] = async (ops) => {
    assert.ok(ops.length <= 1000)
    await Promise.resolve()
    written.push(...ops.map(({ key }) => key))
  }
  await loadCities(some, { putAll }, (done) => progress.push(done))
  assert.deepEqual(new Set(written), new Set(some.map(({ key }) => key)))
  assert.equal(written.length, some.length)
  assert.equal(Math.max(...progress), some.length)
})

test('loading fails with the first batch that fails', async () => {
  let batches = 0
  const putAll = () => (++batches === 2 ? Promise.reject(new Error('full')) : Promise.resolve())
  await assert.rejects(
    loadCities(records, { putAll }, () => undefined),
    /full/,
  )
})

test('the bar on a terminal is one line; elsewhere a line for each quarter', () => {
  for (const isTTY of [true, false]) {
    const written: string[] = []
    let now = 0
    const bar = new ProgressBar(1000, { isTTY, write: (text) => written.push(text) }, () => now)
    for (let done = 10; done <= 1000; done += 10) {
      now += 20
      bar.update(done)
    }
    assert.match(written.at(-1)!, /█{30} 1,000 of 1,000, 500\/s in 2\.0 s\n$/)
    assert.equal(written.length, isTTY ? 21 : 4)
    assert.equal(written.filter((text) => text.includes('\n')).length, isTTY ? 1 : 4)
    assert.match(written.find((text) => /[25]\d0 of/.test(text))!, /░ .*500\/s, \d s left/)
  }
})

/** A gateway of a few lines: batches into a map, the rest computed by loops that the demo's own do not share. */
async function toyGateway(t: TestContext, replies: { overloadedFirst?: number; status?: number } = {}) {
  const stored = new Map<string, unknown>()
  let refusals = replies.overloadedFirst ?? 0
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://toy')
    const answer = (value: unknown, status = 200): void => void response.writeHead(status).end(JSON.stringify(value))
    if (refusals-- > 0) return answer({ code: 'overloaded' }, 503)
    if (url.pathname === '/v1/batch') {
      const { ops } = JSON.parse(await textOf(request)) as { ops: { key: string; value: unknown }[] }
      for (const { key, value } of ops) stored.set(key, value)
      return answer({ results: ops.map(({ key }) => ({ status: replies.status ?? 201, key })) })
    }
    const prefix = url.searchParams.get('prefix') ?? ''
    const keys = [...stored.keys()].filter((key) => key.startsWith(prefix)).sort()
    if (url.pathname === '/v1/count') return answer({ count: keys.length })
    if (url.pathname === '/v1/records') return answer({ records: keys.map((key) => ({ key, value: stored.get(key) })) })
    const value = stored.get(decodeURIComponent(url.pathname.slice('/v1/records/'.length)))
    return value === undefined ? answer({ code: 'not-found' }, 404) : answer(value)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => server.close().closeAllConnections())
  const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  return { client: new RecordsClient(address, address), stored }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const few: readonly CityRecord[] = [
  ...records.filter(({ key }) => key.startsWith('city:DE:Berl')),
  ...records.filter(({ key }) => key.startsWith('city:IN:A')),
]

test('questions that a map can answer: the gateway and the plain loop agree', async (t) => {
  const { client, stored } = await toyGateway(t, { overloadedFirst: 3 })
  await loadCities(few, client, () => undefined)
  assert.equal(stored.size, few.length, 'batches the gateway was too busy for were sent again')
  const questions = questionsOf(few[0]!.key).filter(({ request }) => request.startsWith('GET '))
  assert.equal(questions.length, 3)
  for (const question of questions) {
    assert.equal(difference(await question.ask(client), question.expected(few)), undefined, question.title)
    assert.notEqual(difference(await question.ask(client), question.expected(few.slice(1, -1))), undefined)
  }
})

test('a write that is refused and a read that fails are errors that say so', async (t) => {
  const { client } = await toyGateway(t, { status: 409 })
  await assert.rejects(client.putAll([{ op: 'put', key: 'k', value: 1 }]), /k was answered with 409/)
  await assert.rejects(client.get('absent'), /404: \{"code":"not-found"\}/)
})

function questionTitled(part: string): Question {
  const found = questionsOf('city:FR:Paris:2988507').find(({ title }) => title.includes(part))
  assert.ok(found !== undefined, part)
  return found
}

test('what the plain loops answer about the real data', () => {
  const largest = questionTitled('ten largest').expected(records)
  assert.deepEqual(largest.rows[0], ['Shanghai', 'CN', 22_315_474])
  assert.equal(largest.rows.length, 10)
  const continents = questionTitled('continent').expected(records)
  assert.equal(continents.rows[0]![0], 'Asia')
  assert.equal(
    continents.rows.reduce((sum, row) => sum + (row[1] as number), 0),
    records.length,
  )
  const capitals = questionTitled('Capitals').expected(records).rows
  assert.ok(capitals.length > 5 && capitals.every((row) => (row[2] as number) > 5_000_000))
  assert.deepEqual(questionTitled('its key').expected(records).rows[0]?.slice(0, 3), ['Paris', 'FR', 'Europe'])
})

test('an answer is a table with its time and its plan, numbers to the right', () => {
  const plan = { steps: [1, 2].map((shard) => ({ shard, role: 'reader', nodes: ['n1'] })), merge: 'query' }
  const explanation = {
    operation: 'query',
    keys: [],
    notes: [],
    plan: { ...plan, onFailure: 'fail', reason: 'All.' },
  } as const
  const answer = {
    columns: ['name', 'people'],
    rows: [
      ['Rome', 2_318_895],
      ['Pisa', 77_007],
    ],
  }
  const text = answerText(questionTitled('ten largest'), answer, { ms: 12.34, explanation })
  assert.match(text, /^The ten largest cities of the world {2}\(12\.3 ms\)\n {2}POST \/v1\/query \{.*\.\.\.\n/)
  assert.match(text, / {2}explain: shards 1, 2, merged by "query": All\.\n/)
  assert.match(text, / {4}name {5}people\n {4}Rome {2}2,318,895\n {4}Pisa {5}77,007\n$/)
})

test('a wrong answer is found and shown', () => {
  const right = {
    columns: ['a'],
    rows: [
      ['x', 1],
      ['y', 2],
    ],
  }
  assert.equal(difference(right, right), undefined)
  assert.match(
    difference(
      {
        columns: ['a'],
        rows: [
          ['x', 1],
          ['y', 3],
        ],
      },
      right,
    ) ?? '',
    /row 2 is \["y",3\], not \["y",2\]/,
  )
  assert.match(difference({ columns: ['a'], rows: [['x', 1]] }, right) ?? '', /row 2 is nothing/)
  assert.match(
    difference({ ...right, rows: [...right.rows, ['z', 0]] }, right) ?? '',
    /row 3 is \["z",0\], not nothing/,
  )
})

import type { Explanation } from '../../src/routing/explanation.ts'
import type { City, CityRecord } from './cities.ts'
import type { QueryAnswer, RecordsClient } from './records-client.ts'

export type Cell = string | number

export interface Answer {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}

/** A question to the gateway, and what a plain loop over the same data answers: the two must agree. */
export interface Question {
  readonly title: string
  /** The request, as one would write it down. */
  readonly request: string
  readonly explain: { readonly operation: Explanation['operation']; readonly keys: readonly string[] }
  ask(client: RecordsClient): Promise<Answer>
  expected(records: readonly CityRecord[]): Answer
}

const capitalsAbove = 5_000_000
const scanned = { prefix: 'city:DE:Berl', limit: 20 }
const counted = 'city:IN:'

/** The questions of the demo; `lookup` is the key of the one that reads a single record. */
export function questionsOf(lookup: string): readonly Question[] {
  return [largestCities, byCountry, byContinent, capitals, namesWithPrefix, countOne, lookUp(lookup)]
}

const cityColumns = ['name', 'country', 'population'] as const

const largestCities = rowsQuestion(
  'The ten largest cities of the world',
  { prefix: 'city:', orderBy: [{ field: 'population', order: 'desc' }], limit: 10, select: cityColumns },
  (cities) => cities.slice(0, 10),
)

const capitals = rowsQuestion(
  'Capitals with more than five million people',
  {
    where: { feature: 'PPLC', population: { $gt: capitalsAbove } },
    orderBy: [{ field: 'population', order: 'desc' }],
    select: cityColumns,
  },
  (cities) => cities.filter(({ feature, population }) => feature === 'PPLC' && population > capitalsAbove),
)

const byCountry = groupsQuestion('People who live in cities, by country: the first ten', 'country', 10)
const byContinent = groupsQuestion('Cities and their people, by continent', 'continent', 7)

const namesWithPrefix: Question = {
  title: 'German cities whose name begins with "Berl", in order',
  request: `GET /v1/records?prefix=${scanned.prefix}&limit=${scanned.limit}`,
  explain: { operation: 'query', keys: [] },
  async ask(client) {
    const records = await client.scan(scanned.prefix, scanned.limit)
    return { columns: ['key', 'population'], rows: records.map(({ key, value }) => [key, (value as City).population]) }
  },
  expected(records) {
    const found = records.filter(({ key }) => key.startsWith(scanned.prefix))
    const sorted = found.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
    const rows = sorted.slice(0, scanned.limit).map(({ key, city }) => [key, city.population])
    return { columns: ['key', 'population'], rows }
  },
}

const countOne: Question = {
  title: 'How many cities India has',
  request: `GET /v1/count?prefix=${counted}`,
  explain: { operation: 'query', keys: [] },
  ask: async (client) => ({ columns: ['count'], rows: [[await client.count(counted)]] }),
  expected: (records) => ({
    columns: ['count'],
    rows: [[records.filter(({ key }) => key.startsWith(counted)).length]],
  }),
}

function lookUp(key: string): Question {
  const columns = ['name', 'country', 'continent', 'population', 'latitude', 'longitude'] as const
  const answer = (city: City): Answer => ({ columns, rows: [columns.map((column) => city[column])] })
  return {
    title: 'One city by its key',
    request: `GET /v1/records/${encodeURIComponent(key)}`,
    explain: { operation: 'read', keys: [key] },
    ask: async (client) => answer((await client.get(key)) as City),
    expected(records) {
      const found = records.find((record) => record.key === key)
      return found === undefined ? { columns, rows: [] } : answer(found.city)
    },
  }
}

/** A query for records, largest first; `pick` chooses them out of all cities in that order. */
function rowsQuestion(title: string, query: object, pick: (cities: readonly City[]) => readonly City[]): Question {
  const row = (city: Readonly<Record<string, unknown>>): Cell[] => cityColumns.map((column) => city[column] as Cell)
  return {
    title,
    request: `POST /v1/query ${JSON.stringify(query)}`,
    explain: { operation: 'query', keys: [] },
    ask: async (client) => ({ columns: cityColumns, rows: rowsOf(await client.query(query)).map(row) }),
    expected(records) {
      const bySize = records.map(({ city }) => city).sort((a, b) => b.population - a.population)
      return { columns: cityColumns, rows: pick(bySize).map((city) => cityColumns.map((column) => city[column])) }
    },
  }
}

/** A query that counts cities and sums their people by one field, most people first. */
function groupsQuestion(title: string, field: 'country' | 'continent', limit: number): Question {
  const columns = [field, 'cities', 'people']
  const query = {
    prefix: 'city:',
    groupBy: [field],
    aggregate: { cities: { count: '*' }, people: { sum: 'population' } },
    orderBy: [{ field: 'people', order: 'desc' }],
    limit,
  }
  return {
    title,
    request: `POST /v1/query ${JSON.stringify(query)}`,
    explain: { operation: 'query', keys: [] },
    async ask(client) {
      const { groups = [] } = await client.query(query)
      const rows = groups.map(({ group, values }) => [group[field], values['cities'], values['people']] as Cell[])
      return { columns, rows }
    },
    expected: (records) => ({ columns, rows: totalsOf(records, field).slice(0, limit) }),
  }
}

function totalsOf(records: readonly CityRecord[], field: 'country' | 'continent'): Cell[][] {
  const totals = new Map<string, { cities: number; people: number }>()
  for (const { city } of records) {
    const total = totals.get(city[field]) ?? { cities: 0, people: 0 }
    totals.set(city[field], { cities: total.cities + 1, people: total.people + city.population })
  }
  const rows = [...totals].map(([name, { cities, people }]) => [name, cities, people] as const)
  return rows.sort((a, b) => b[2] - a[2] || (a[0] < b[0] ? -1 : 1)).map((row) => [...row])
}

function rowsOf(answer: QueryAnswer): readonly Readonly<Record<string, unknown>>[] {
  return answer.rows ?? []
}

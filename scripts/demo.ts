import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type CityRecord, readCities } from './demo/cities.ts'
import { loadCities } from './demo/load-cities.ts'
import { ProgressBar } from './demo/progress-bar.ts'
import { questionsOf } from './demo/questions.ts'
import { baseOf, RecordsClient } from './demo/records-client.ts'
import { answerText, difference } from './demo/show-answer.ts'
import { NodeProcess } from './process/node-process.ts'

const program = 'dist/main.js'
const usage = `usage: npm run demo -- [--keep] [--shards N] [--engine lmdb|rocksdb|memory]
  Loads the cities of the world into a gateway and asks it some questions.
  --keep   leave the gateway running afterwards, until Ctrl-C
`

const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** Resolves to the exit code: 0 if every answer was right. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      keep: { type: 'boolean', default: false },
      shards: { type: 'string', default: '4' },
      engine: { type: 'string', default: 'lmdb' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    return 0
  }
  if (!existsSync(program)) throw new Error(`${program} is not there: npm run build`)
  const folder = mkdtempSync(join(tmpdir(), 'headgate-demo-'))
  const { shards, engine } = values
  const settings = { 'node.dataDir': folder, 'sharding.shards': shards, 'store.engine': engine, 'log.level': 'warn' }
  try {
    const gateway = await NodeProcess.start({ ...settings, 'store.kind': 'embedded', cluster: 'demo' }, program)
    const interrupted = untilInterrupted()
    try {
      print(`Headgate serves ${shards} shards as process ${gateway.pid}, data in ${folder}\n`)
      const lookup = await Promise.race([demonstrate(gateway), interrupted])
      if (values.keep && lookup !== undefined) {
        print(suggestions(gateway, lookup))
        await interrupted
      }
      return lookup === undefined ? 1 : 0
    } finally {
      await gateway.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Loads and asks; resolves to a key worth looking up, or to undefined if an answer was wrong. */
async function demonstrate({ addresses }: NodeProcess): Promise<string | undefined> {
  const client = new RecordsClient(addresses.http, addresses.admin)
  const records = readCities()
  print(`Loading ${records.length.toLocaleString('en-US')} cities over the HTTP batch API, every batch durable`)
  const bar = new ProgressBar(records.length, process.stdout, () => performance.now())
  await loadCities(records, client, (done) => bar.update(done))
  print('')
  const lookup = keyOfLargest(records, 'FR')
  const wrong = await askAll(client, records, lookup)
  print(wrong === 0 ? 'Every answer equals that of a plain loop over the data.' : `${wrong} answers were wrong.`)
  return wrong === 0 ? lookup : undefined
}

/** Asks every question, prints the answers, and returns how many were wrong. */
async function askAll(client: RecordsClient, records: readonly CityRecord[], lookup: string): Promise<number> {
  let wrong = 0
  for (const question of questionsOf(lookup)) {
    const startedAt = performance.now()
    const answer = await question.ask(client)
    const ms = performance.now() - startedAt
    const explanation = await client.explain(question.explain.operation, question.explain.keys)
    print(answerText(question, answer, { ms, explanation }))
    const problem = difference(answer, question.expected(records))
    if (problem === undefined) continue
    wrong++
    print(`  WRONG: ${problem}\n`)
  }
  return wrong
}

function keyOfLargest(records: readonly CityRecord[], country: string): string {
  const candidates = records.filter(({ city }) => city.country === country)
  return candidates.reduce((a, b) => (b.city.population > a.city.population ? b : a)).key
}

function suggestions({ addresses: { http, resp, admin } }: NodeProcess, key: string): string {
  const data = baseOf(http)
  return [
    '\nIt keeps running. Try, in another terminal (Ctrl-C here ends it):',
    `  curl -i ${data}/v1/records/${encodeURIComponent(key)}`,
    `  curl '${data}/v1/records?prefix=city:JP:To&limit=5&values=false'`,
    `  curl ${data}/v1/query -d '{"where":{"country":"IS"},"orderBy":[{"field":"population","order":"desc"}],"limit":3}'`,
    `  redis-cli -p ${resp.port} GET '${key}'`,
    `  redis-cli -p ${resp.port} --scan --pattern 'city:MC:*'`,
    `  node ${program} status --admin ${baseOf(admin)}`,
    `  node ${program} explain read '${key}' --admin ${baseOf(admin)}`,
    `  node ${program} bench --target ${data} --key-prefix bench: --preload`,
  ].join('\n')
}

/** Keeps the program alive until Ctrl-C or SIGTERM, so that the gateway is always ended with it. */
function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

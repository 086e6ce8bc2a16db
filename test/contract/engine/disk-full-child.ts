import { LmdbEngine } from '../../../src/stores/embedded/engine/lmdb-engine.ts'

/** Run with a limit on file sizes: tells what becomes of transactions that do not fit on the disk, and of the next. */
const key = Buffer.from('key')
const directory = process.argv[2]!
const engine = new LmdbEngine({ directory })
const told: string[] = []

async function apply(value: string, ballastBytes: number): Promise<void> {
  const ballast = { space: 0 as const, key: Buffer.from('ballast'), value: Buffer.alloc(ballastBytes) }
  const changes = [{ space: 0 as const, key, value: Buffer.from(value) }]
  const outcome = await engine.apply(ballastBytes === 0 ? changes : [...changes, ballast], Buffer.from(value)).then(
    () => 'applied',
    (error: Error) => error.message,
  )
  told.push(`${value} ${outcome}, ${tell()}`)
}

function tell(): string {
  if (!engine.find(0, key)) return 'no key'
  return `key is ${Buffer.from(engine.bytes.subarray(engine.start, engine.end))}`
}

await engine.open()
await apply('one', 0)
await apply('two', 3_000_000)
await apply('three', 3_000_000)
await apply('four', 0)
await engine.close()
const again = new LmdbEngine({ directory })
told.push(`mark ${Buffer.from((await again.open()) ?? [])}, ballast ${again.find(0, Buffer.from('ballast'))}`)
await again.close()
console.log(JSON.stringify(told))

import { pause } from '../process/patience.ts'
import { runToEnd } from '../process/pinned-process.ts'
import type { RecordSource, RunningSystem } from '../systems/system.ts'

const batchBytes = 1024 * 1024
const requestMs = 60_000
const loadMs = 900_000
const retriesMost = 100
const retryMs = 200

/** Through the HTTP batch API, so that the values are known to be JSON. Checks the count afterwards. */
export async function loadHeadgate({ port }: RunningSystem, source: RecordSource): Promise<void> {
  const base = `http://127.0.0.1:${port}`
  await inBatches(source, 1000, 4, async (indexes) => {
    const ops = indexes.map((i) => `{"op":"put","key":"${source.key(i)}","value":${source.value(i)}}`)
    await putBatch(`${base}/v1/batch`, `{"ops":[${ops.join(',')}]}`)
  })
  const { count } = (await post(`${base}/v1/count`)) as { count: number }
  expectCount('headgate', count, source)
  const last = await fetch(`${base}/v1/records/${source.key(source.count - 1)}`)
  const bytes = (await last.arrayBuffer()).byteLength
  if (bytes !== source.valueBytes) throw new Error(`a record has ${bytes} bytes instead of ${source.valueBytes}`)
}

async function putBatch(url: string, body: string): Promise<void> {
  for (let attempt = 0; attempt < retriesMost; attempt++) {
    const answer = (await post(url, body)) as { status?: number; results?: readonly { status: number }[] }
    const worst = answer.results?.reduce((most, { status }) => Math.max(most, status), 0) ?? answer.status ?? 0
    if (worst < 300) return
    if (worst !== 503 && worst !== 504) throw new Error(`a batch was answered with ${worst}`)
    await pause(retryMs)
  }
  throw new Error('the store stays overloaded')
}

/** Through redis-cli --pipe, into anything that speaks the Redis protocol. */
export async function loadResp({ respPort }: RunningSystem, source: RecordSource): Promise<void> {
  const args = ['-p', String(respPort), '--pipe']
  const { output, errors, code } = await runToEnd('redis-cli', args, { ms: loadMs, input: setCommands(source) })
  const match = /errors: (\d+), replies: (\d+)/.exec(output)
  if (code !== 0 || match?.[1] !== '0' || match[2] !== String(source.count)) {
    throw new Error(`redis-cli --pipe failed: ${output}${errors}`)
  }
}

async function* setCommands(source: RecordSource): AsyncGenerator<Buffer> {
  const each = Math.max(1, Math.floor(batchBytes / (source.valueBytes + 64)))
  for (let from = 0; from < source.count; from += each) {
    const parts: string[] = []
    for (let i = from; i < Math.min(source.count, from + each); i++) {
      const key = source.key(i)
      parts.push(`*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${source.valueBytes}\r\n${source.value(i)}\r\n`)
    }
    yield Buffer.from(parts.join(''), 'latin1')
  }
}

/** Transactions of puts through the JSON gateway: etcd takes 128 operations in one by default. */
export async function loadEtcd({ port }: RunningSystem, source: RecordSource): Promise<void> {
  const base = `http://127.0.0.1:${port}/v3/kv`
  await inBatches(source, 128, 8, async (indexes) => {
    const puts = indexes.map((i) => ({ requestPut: { key: base64(source.key(i)), value: base64(source.value(i)) } }))
    const { succeeded } = (await post(`${base}/txn`, JSON.stringify({ success: puts }))) as { succeeded?: boolean }
    if (succeeded !== true) throw new Error('etcd refused a transaction')
  })
  const all = { key: base64('key:'), range_end: base64('key;'), count_only: true }
  const { count } = (await post(`${base}/range`, JSON.stringify(all))) as { count: string }
  expectCount('etcd', Number(count), source)
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** POSTs JSON, or GETs without a body, and answers the parsed JSON whatever the status. */
async function post(url: string, body?: string): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json' }
  const init = body === undefined ? {} : { method: 'POST', headers, body }
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(requestMs) })
  return response.json()
}

function expectCount(name: string, count: number, source: RecordSource): void {
  if (count !== source.count) throw new Error(`${name} holds ${count} records instead of ${source.count}`)
}

/** Hands out the numbers of the records in batches of at most `most`, `lanes` at a time. */
async function inBatches(
  { count, valueBytes }: RecordSource,
  most: number,
  lanes: number,
  put: (indexes: readonly number[]) => Promise<void>,
): Promise<void> {
  const size = Math.max(1, Math.min(most, Math.floor(batchBytes / (valueBytes + 64))))
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      const from = next
      next = Math.min(count, from + size)
      await put(Array.from({ length: next - from }, (_, i) => from + i))
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

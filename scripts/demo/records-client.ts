import type { Explanation } from '../../src/routing/explanation.ts'
import type { Address } from '../process/node-process.ts'

export interface PutOperation {
  readonly op: 'put'
  readonly key: string
  readonly value: unknown
}

export interface QueryAnswer {
  readonly rows?: readonly Readonly<Record<string, unknown>>[]
  readonly groups?: readonly { readonly group: Record<string, unknown>; readonly values: Record<string, unknown> }[]
}

export interface ScannedRecord {
  readonly key: string
  readonly value?: unknown
}

const retriesMost = 50
const pauseMs = 100

/** The parts of the records API that the demo uses, in plain `fetch`. Errors carry the problem's detail. */
export class RecordsClient {
  private readonly data: string
  private readonly admin: string

  constructor(http: Address, admin: Address) {
    this.data = baseOf(http)
    this.admin = baseOf(admin)
  }

  /** Writes many records; waits and repeats while the gateway says it is overloaded. */
  async putAll(ops: readonly PutOperation[]): Promise<void> {
    const body = JSON.stringify({ ops })
    for (let attempt = 0; ; attempt++) {
      const response = await this.post('/v1/batch', body)
      if (response.status === 503 && attempt < retriesMost) {
        await response.arrayBuffer()
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
        continue
      }
      const { results } = (await answerOf(response)) as { results: readonly { status: number; key: string }[] }
      const failed = results.find(({ status }) => status >= 300)
      if (failed !== undefined) throw new Error(`${failed.key} was answered with ${failed.status}`)
      if (results.length !== ops.length) throw new Error(`${ops.length} writes got ${results.length} answers`)
      return
    }
  }

  /** The record's JSON value, and how the gateway found it. */
  async get(key: string): Promise<unknown> {
    return answerOf(await fetch(`${this.data}/v1/records/${encodeURIComponent(key)}`))
  }

  async scan(prefix: string, limit: number): Promise<readonly ScannedRecord[]> {
    const query = new URLSearchParams({ limit: String(limit) })
    const response = await fetch(`${this.data}/v1/records?prefix=${encodeURIComponent(prefix)}&${query}`)
    return ((await answerOf(response)) as { records: readonly ScannedRecord[] }).records
  }

  async count(prefix: string): Promise<number> {
    const response = await fetch(`${this.data}/v1/count?prefix=${encodeURIComponent(prefix)}`)
    return ((await answerOf(response)) as { count: number }).count
  }

  async query(query: object): Promise<QueryAnswer> {
    return (await answerOf(await this.post('/v1/query', JSON.stringify(query)))) as QueryAnswer
  }

  async explain(operation: Explanation['operation'], keys: readonly string[]): Promise<Explanation> {
    const query = [`op=${operation}`, ...keys.map((key) => `key=${encodeURIComponent(key)}`)].join('&')
    return (await answerOf(await fetch(`${this.admin}/v1/explain?${query}`))) as Explanation
  }

  private post(path: string, body: string): Promise<Response> {
    return fetch(this.data + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
  }
}

export function baseOf({ host, port }: Address): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

async function answerOf(response: Response): Promise<unknown> {
  if (response.ok) return response.json()
  throw new Error(`${new URL(response.url).pathname} answered ${response.status}: ${await response.text()}`)
}

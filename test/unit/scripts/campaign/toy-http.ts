import type { HttpAnswer, HttpClient, HttpRequest } from '../../../../scripts/campaign/http-connection.ts'

export interface ToyRecord {
  readonly value: string
  readonly etag: string
}

/** Answers a request in the place of the store; undefined: as the store would. */
export type HttpLie = (request: HttpRequest, store: ToyHttp) => HttpAnswer | undefined

export function answer(status: number, etag?: string, body = '', more: Record<string, string> = {}): HttpAnswer {
  const headers = new Map(Object.entries({ ...(etag === undefined ? {} : { etag }), ...more }))
  return { status, headers, body }
}

/** Records in a map, with conditions and idempotency as the crash campaign uses them. */
export class ToyHttp {
  readonly records = new Map<string, ToyRecord>()
  /** What a path held before its last write. */
  readonly before = new Map<string, ToyRecord>()
  readonly outcomes = new Map<string, HttpAnswer>()
  private serial = 0

  run(request: HttpRequest): HttpAnswer {
    const key = request.headers?.['Idempotency-Key']
    const first = key === undefined ? undefined : this.outcomes.get(key)
    if (first !== undefined) return answer(first.status, first.headers.get('etag'), '', { 'headgate-replayed': 'true' })
    const made = this.once(request)
    if (key !== undefined && made.status < 300) this.outcomes.set(key, made)
    return made
  }

  private once({ method, path, headers = {}, body = '' }: HttpRequest): HttpAnswer {
    const record = this.records.get(path)
    if (method === 'GET') return record === undefined ? answer(404) : answer(200, record.etag, record.value)
    const match = headers['If-Match']
    if (match !== undefined && match !== record?.etag) return answer(412)
    if (headers['If-None-Match'] === '*' && record !== undefined) return answer(412)
    if (record !== undefined) this.before.set(path, record)
    if (method === 'DELETE') return answer(this.records.delete(path) ? 204 : 404)
    const etag = `"${++this.serial}"`
    this.records.set(path, { value: body, etag })
    return answer(record === undefined ? 201 : 204, etag)
  }
}

/** One connection to a toy store. */
export class ToyHttpClient implements HttpClient {
  open = true
  private readonly store: ToyHttp
  private readonly lie: HttpLie

  constructor(store: ToyHttp, lie: HttpLie = () => undefined) {
    this.store = store
    this.lie = lie
  }

  async ask(request: HttpRequest): Promise<HttpAnswer> {
    return this.lie(request, this.store) ?? this.store.run(request)
  }
}

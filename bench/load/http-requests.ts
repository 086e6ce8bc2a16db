import { keyBytes } from '../data/records.ts'
import type { SizedAnswer } from './answer-size.ts'

/** One kind of HTTP request, the same for every key. */
export interface HttpRequest {
  readonly summary: string
  readonly writes: boolean
  readonly durableBytesEach?: number
  /** The request with `{key}` or `{key64}` (base64) where the key goes. */
  template(port: number): string
  /** What is wrong with an answer, undefined if nothing is. */
  check(answer: SizedAnswer): string | undefined
}

const key64Bytes = 4 * Math.ceil(keyBytes / 3)

function head(method: string, target: string, port: number, bodyBytes?: number): string {
  const length = bodyBytes === undefined ? '' : `Content-Length: ${bodyBytes}\r\n`
  return `${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${length}\r\n`
}

/** Reads one record. nginx is sent the very same. */
export function getRecord(valueBytes: number): HttpRequest {
  return {
    summary: `GET /v1/records/{key} of ${valueBytes} B`,
    writes: false,
    template: (port) => head('GET', '/v1/records/{key}', port),
    check: expecting(200, valueBytes),
  }
}

export function putRecord(valueBytes: number): HttpRequest {
  return {
    summary: `PUT /v1/records/{key} of ${valueBytes} B`,
    writes: true,
    durableBytesEach: keyBytes + valueBytes,
    template: (port) => head('PUT', '/v1/records/{key}', port, valueBytes) + 'x'.repeat(valueBytes),
    check: expecting(204, 0),
  }
}

/** A page of 100 records of 128 B, in key order. */
export function scanHundred(valueBytes: number): HttpRequest {
  return {
    summary: 'GET /v1/records?start={key}&limit=100',
    writes: false,
    template: (port) => head('GET', '/v1/records?start={key}&limit=100', port),
    check: ({ status, bodyBytes }) =>
      status === 200 && bodyBytes > 100 * (keyBytes + valueBytes) ? undefined : `${status} with ${bodyBytes} bytes`,
  }
}

export function etcdRange(valueBytes: number): HttpRequest {
  const bodyBytes = '{"key":""}'.length + key64Bytes
  return {
    summary: `POST /v3/kv/range of ${valueBytes} B`,
    writes: false,
    template: (port) => `${head('POST', '/v3/kv/range', port, bodyBytes)}{"key":"{key64}"}`,
    check: ({ status, bodyBytes: found }) =>
      status === 200 && found > valueBytes ? undefined : `${status} with ${found} bytes`,
  }
}

export function etcdPut(valueBytes: number): HttpRequest {
  const value = Buffer.from('x'.repeat(valueBytes)).toString('base64')
  const bodyBytes = '{"key":"","value":""}'.length + key64Bytes + value.length
  return {
    summary: `POST /v3/kv/put of ${valueBytes} B`,
    writes: true,
    durableBytesEach: keyBytes + valueBytes,
    template: (port) => `${head('POST', '/v3/kv/put', port, bodyBytes)}{"key":"{key64}","value":"${value}"}`,
    check: ({ status, bodyBytes: found }) =>
      status === 200 && found > 0 ? undefined : `${status} with ${found} bytes`,
  }
}

function expecting(status: number, bodyBytes: number): HttpRequest['check'] {
  return (answer) =>
    answer.status === status && answer.bodyBytes === bodyBytes
      ? undefined
      : `${answer.status} with ${answer.bodyBytes} bytes instead of ${status} with ${bodyBytes}`
}

import { method } from './codec/methods.ts'
import type { RequestHead } from './codec/request-head.ts'
import type { Call } from './exchange.ts'

/** What the methods of one resource do; `allow` lists them for a 405. */
export interface Resource {
  readonly allow: string
  /** By method id. */
  readonly calls: readonly (Call | undefined)[]
}

export interface RouteTable {
  readonly record: Resource
  readonly lease: Resource
  readonly keepAlive: Resource
  /** By exact path. */
  readonly fixed: ReadonlyMap<string, Resource>
}

const names = { GET: method.get, HEAD: method.head, PUT: method.put, POST: method.post, DELETE: method.delete } as const

export function resource(calls: Partial<Record<keyof typeof names, Call>>): Resource {
  const byId: (Call | undefined)[] = []
  for (const [name, call] of Object.entries(calls)) byId[names[name as keyof typeof names]] = call
  return { allow: Object.keys(calls).join(', '), calls: byId }
}

const recordPrefix = Buffer.from('/v1/records/')
const leasePrefix = '/v1/leases/'
const keepAliveSuffix = '/keepalive'

/** Where the key of `/v1/records/{key}` begins in the path. */
export const recordKeyOffset = recordPrefix.length

/** The resource a path names, or undefined. Paths are compared as they are: nothing is normalised. */
export function findResource(table: RouteTable, head: RequestHead): Resource | undefined {
  if (isRecordPath(head)) return table.record
  const path = head.path()
  if (path.startsWith(leasePrefix)) return path.endsWith(keepAliveSuffix) ? table.keepAlive : table.lease
  return table.fixed.get(path)
}

function isRecordPath({ bytes, base, pathStart, pathEnd }: RequestHead): boolean {
  if (pathEnd - pathStart < recordPrefix.length) return false
  const start = base + pathStart
  for (let i = 0; i < recordPrefix.length; i++) if (bytes[start + i] !== recordPrefix[i]) return false
  return true
}

/** The `{id}` of `/v1/leases/{id}` and `/v1/leases/{id}/keepalive`. */
export function leaseIdText(path: string): string {
  const end = path.endsWith(keepAliveSuffix) ? path.length - keepAliveSuffix.length : path.length
  return path.slice(leasePrefix.length, end)
}

import { tokenLower } from './byte-classes.ts'

/** The request headers that mean something here; all others are checked for form and passed over. */
export const headerNames = [
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'expect',
  'authorization',
  'content-type',
  'content-range',
  'accept',
  'if-match',
  'if-none-match',
  'idempotency-key',
  'headgate-consistency',
  'headgate-max-staleness',
  'headgate-token',
  'headgate-priority',
  'headgate-timeout',
  'headgate-partial',
  'origin',
  'sec-fetch-site',
] as const

export type HeaderName = (typeof headerNames)[number]

function idOf(name: HeaderName): number {
  return headerNames.indexOf(name)
}

export const header = {
  host: idOf('host'),
  contentLength: idOf('content-length'),
  transferEncoding: idOf('transfer-encoding'),
  connection: idOf('connection'),
  expect: idOf('expect'),
  authorization: idOf('authorization'),
  contentType: idOf('content-type'),
  contentRange: idOf('content-range'),
  accept: idOf('accept'),
  ifMatch: idOf('if-match'),
  ifNoneMatch: idOf('if-none-match'),
  idempotencyKey: idOf('idempotency-key'),
  consistency: idOf('headgate-consistency'),
  maxStaleness: idOf('headgate-max-staleness'),
  token: idOf('headgate-token'),
  priority: idOf('headgate-priority'),
  timeout: idOf('headgate-timeout'),
  partial: idOf('headgate-partial'),
  origin: idOf('origin'),
  secFetchSite: idOf('sec-fetch-site'),
} as const

/** Headers that are lists, so that several lines mean one list (RFC 9110 section 5.3); the others come once at most. */
export const listHeaders =
  (1 << header.connection) |
  (1 << header.expect) |
  (1 << header.accept) |
  (1 << header.ifMatch) |
  (1 << header.ifNoneMatch)

export const nameHashStart = 7

/** One step of the hash that names are found by, over lower-case bytes. */
export function nameHashStep(hash: number, lower: number): number {
  return (Math.imul(hash, 31) + lower) | 0
}

const slots = 512
const slotOf = (hash: number): number => (hash ^ (hash >>> 9) ^ (hash >>> 18)) & (slots - 1)

/** Id + 1 of the name in a slot of the hash, 0 for none. The names have no slot in common, which the loop asserts. */
const idBySlot = new Uint8Array(slots)
const nameBytes = headerNames.map((name) => Buffer.from(name))
for (const [id, name] of nameBytes.entries()) {
  let hash = nameHashStart
  for (const byte of name) hash = nameHashStep(hash, byte)
  const slot = slotOf(hash)
  if (idBySlot[slot] !== 0) throw new Error(`header names ${id} and ${idBySlot[slot]! - 1} share a slot`)
  idBySlot[slot] = id + 1
}

/** The id of the header named by `bytes[start..end)` with this hash, or -1. */
export function findHeader(hash: number, bytes: Uint8Array, start: number, end: number): number {
  const id = idBySlot[slotOf(hash)]! - 1
  if (id < 0) return -1
  const name = nameBytes[id]!
  if (name.length !== end - start) return -1
  for (let i = 0; i < name.length; i++) if (tokenLower[bytes[start + i]!] !== name[i]) return -1
  return id
}

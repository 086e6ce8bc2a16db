import { z } from 'zod'
import type { KeyValue, WatchEvent } from './coordinator.ts'
import type { Change, Entry } from './entry.ts'
import { History, type HistorySettings } from './history.ts'
import { KeySpace } from './key-space.ts'

/** Entries and snapshots as JSON: few, small, and readable with `strings` when it matters. Values are base64. */
const bytes = z.base64().transform((text) => Uint8Array.from(Buffer.from(text, 'base64')))
const lease = z.string().optional()
const revision = z.number().int().min(1)

const change = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('put'), key: z.string(), value: bytes, lease }),
  z.strictObject({ type: z.literal('delete'), key: z.string() }),
])

const entry = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('commit'), revision, changes: z.array(change), ended: z.string().optional() }),
  z.strictObject({ kind: z.literal('grant'), id: z.string(), ttlMs: z.number().int().min(1) }),
  z.strictObject({ kind: z.literal('compact'), revision }),
])

const item = z.strictObject({
  key: z.string(),
  value: bytes,
  createRevision: revision,
  modRevision: revision,
  version: z.number().int().min(1),
  lease,
})

const event = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('put'), item }),
  z.strictObject({ type: z.literal('delete'), key: z.string(), modRevision: revision }),
])

const snapshot = z.strictObject({
  format: z.literal(1),
  revision,
  compactRevision: revision,
  leases: z.array(z.strictObject({ id: z.string(), ttlMs: z.number().int().min(1) })),
  items: z.array(item),
  history: z.array(z.strictObject({ revision, events: z.array(event) })),
})

export function encodeEntry(value: Entry): Buffer {
  return encode(value)
}

/** @throws if the bytes are no entry. */
export function decodeEntry(payload: Buffer): Entry {
  const value = entry.parse(JSON.parse(payload.toString()))
  if (value.kind !== 'commit') return value
  return { kind: 'commit', revision: value.revision, changes: value.changes.map(plainChange), ended: value.ended }
}

export function encodeSnapshot(space: KeySpace): Buffer {
  const { revision, history, leases } = space
  return encode({
    format: 1,
    revision,
    compactRevision: history.compactRevision,
    leases: [...leases].map(([id, { ttlMs }]) => ({ id, ttlMs })),
    items: space.scan('', Number.POSITIVE_INFINITY),
    history: history.all,
  })
}

/** @throws if the bytes are no snapshot. */
export function decodeSnapshot(payload: Buffer, settings: HistorySettings): KeySpace {
  const value = snapshot.parse(JSON.parse(payload.toString()))
  const space = new KeySpace(new History(settings, value.compactRevision))
  space.revision = value.revision
  for (const { id, ttlMs } of value.leases) space.leases.set(id, { ttlMs, keys: new Set() })
  for (const restored of value.items) space.restore(plainItem(restored))
  for (const { revision, events } of value.history) space.history.append({ revision, events: events.map(plainEvent) })
  return space
}

function encode(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value, bytesAsBase64))
}

/** Looks at the holder, because a Buffer has turned itself into an object before the replacer sees it. */
function bytesAsBase64(this: Record<string, unknown>, key: string, part: unknown): unknown {
  const held = this[key]
  return held instanceof Uint8Array ? Buffer.from(held.buffer, held.byteOffset, held.length).toString('base64') : part
}

function plainChange(value: z.infer<typeof change>): Change {
  return value.type === 'delete' ? value : { type: 'put', key: value.key, value: value.value, lease: value.lease }
}

function plainItem(value: z.infer<typeof item>): KeyValue {
  return { ...value, lease: value.lease }
}

function plainEvent(value: z.infer<typeof event>): WatchEvent {
  return value.type === 'delete' ? value : { type: 'put', item: plainItem(value.item) }
}

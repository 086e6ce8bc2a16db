import type { BatchBody, Body, Bound, KeyRange, Modification, PointBody } from './body.ts'

/**
 * The body with every byte view copied, for an operation that has to wait: the ingress' read buffer is only valid
 * during the call that delivered it.
 */
export function copyBody(body: Body): Body {
  switch (body.kind) {
    case 'get':
    case 'put':
    case 'delete':
    case 'modify':
      return copyPoint(body)
    case 'get-many':
    case 'delete-many':
    case 'exists-many':
    case 'lease-drop':
      return { ...body, keys: body.keys.map(copy) }
    case 'scan':
    case 'count':
    case 'query':
      return { ...body, range: copyRange(body.range) }
    case 'batch':
      return copyBatch(body)
    case 'lease-attach':
      return { ...body, key: copy(body.key) }
    default:
      return body
  }
}

export function copyRange(range: KeyRange): KeyRange {
  const { lower, upper } = range
  return {
    ...(lower === undefined ? {} : { lower: copyBound(lower) }),
    ...(upper === undefined ? {} : { upper: copyBound(upper) }),
  }
}

/** Roughly what a waiting copy of the body costs. */
export function bytesOfBody(body: Body): number {
  switch (body.kind) {
    case 'get':
    case 'delete':
    case 'put':
    case 'modify':
      return bytesOfPoint(body)
    case 'get-many':
    case 'delete-many':
    case 'exists-many':
    case 'lease-drop':
      return sum(body.keys, (key) => keyBytes + key.length)
    case 'batch':
      return sum(body.operations, bytesOfPoint) + sum(body.watches ?? [], ({ key }) => keyBytes + key.length)
    default:
      return bodyBytes
  }
}

/** Objects around the bytes. */
const bodyBytes = 500
const keyBytes = 100

function bytesOfPoint(body: PointBody): number {
  const value = body.kind === 'put' ? body.value.length : body.kind === 'modify' ? bytesOfChange(body.change) : 0
  return bodyBytes + body.key.length + value
}

function bytesOfChange(change: Modification): number {
  return 'value' in change ? change.value.length : 0
}

function sum<T>(items: readonly T[], bytes: (item: T) => number): number {
  return items.reduce((total, item) => total + bytes(item), bodyBytes)
}

function copyPoint<B extends PointBody>(body: B): B {
  const key = copy(body.key)
  if (body.kind === 'put') return { ...body, key, value: copy(body.value) }
  if (body.kind === 'modify') return { ...body, key, change: copyChange(body.change) }
  return { ...body, key }
}

function copyChange(change: Modification): Modification {
  return 'value' in change ? { ...change, value: copy(change.value) } : change
}

function copyBatch(body: BatchBody): BatchBody {
  const { watches } = body
  return {
    ...body,
    operations: body.operations.map(copyPoint),
    ...(watches === undefined ? {} : { watches: watches.map(({ key, version }) => ({ key: copy(key), version })) }),
  }
}

function copyBound({ key, inclusive }: Bound): Bound {
  return { key: copy(key), inclusive }
}

/** Not into Node's buffer pool, where a small copy may keep 8 KiB alive. */
function copy(bytes: Uint8Array): Uint8Array {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  own.set(bytes)
  return own
}

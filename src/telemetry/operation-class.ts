import type { BodyKind } from '../operation/body.ts'

/**
 * What requests are told apart by in counts and latencies: kinds of work whose times are comparable. `other` is what
 * never became an operation: malformed requests, PING, AUTH.
 */
export const operationClasses = [
  'read',
  'write',
  'multi-read',
  'multi-write',
  'scan',
  'query',
  'batch',
  'lease',
  'other',
] as const
export type OperationClass = (typeof operationClasses)[number]

export const protocols = ['http', 'resp'] as const
export type Protocol = (typeof protocols)[number]

export const classOf = {
  get: 'read',
  put: 'write',
  delete: 'write',
  modify: 'write',
  'get-many': 'multi-read',
  'delete-many': 'multi-write',
  'exists-many': 'multi-read',
  scan: 'scan',
  count: 'scan',
  size: 'scan',
  'random-key': 'scan',
  query: 'query',
  batch: 'batch',
  'lease-grant': 'lease',
  'lease-keepalive': 'lease',
  'lease-get': 'lease',
  'lease-list': 'lease',
  'lease-revoke': 'lease',
  'lease-attach': 'lease',
  'lease-close': 'lease',
  'lease-drop': 'lease',
  'lease-forget': 'lease',
} as const satisfies Record<BodyKind, OperationClass>

/** Number of a pair of protocol and class; what the hot path hands over instead of names. */
export function seriesOf(protocol: Protocol, operationClass: OperationClass): number {
  return protocols.indexOf(protocol) * operationClasses.length + operationClasses.indexOf(operationClass)
}

/** Number of a class where protocols are not told apart: its place in `operationClasses`. */
export const classIndex = Object.fromEntries(operationClasses.map((name, i) => [name, i])) as Record<
  OperationClass,
  number
>

export interface SeriesName {
  readonly protocol: Protocol
  readonly operation: OperationClass
}

/** `seriesNames[seriesOf(p, o)]` is `{ protocol: p, operation: o }`. */
export const seriesNames: readonly SeriesName[] = protocols.flatMap((protocol) =>
  operationClasses.map((operation) => ({ protocol, operation })),
)

/** Numbers of all series of one operation class. */
export function seriesOfClass(operationClass: OperationClass): number[] {
  return protocols.map((protocol) => seriesOf(protocol, operationClass))
}

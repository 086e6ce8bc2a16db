import type { Body } from '../../src/operation/body.ts'
import type { Client, Operation } from '../../src/operation/operation.ts'
import { Roles } from '../../src/operation/roles.ts'

export const anyone: Client = { name: 'anyone', roles: new Roles(['read', 'write', 'admin']) }

/** An operation that waits as long as it takes, unless told otherwise. */
export function operationOf(body: Body, changes: Partial<Operation> = {}): Operation {
  return {
    body,
    client: anyone,
    origin: { gone: false },
    consistency: 'default',
    maxStalenessMs: 1_000,
    token: undefined,
    arrivedAt: 0,
    deadline: Number.POSITIVE_INFINITY,
    priority: 'normal',
    idempotency: undefined,
    partial: false,
    tag: 0,
    ...changes,
  }
}

export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text)
}

export function putOf(key: string, value = '', lease = 0) {
  return {
    kind: 'put',
    key: bytesOf(key),
    value: bytesOf(value),
    contentType: 'application/octet-stream',
    expiry: { kind: 'clear' },
    lease,
  } as const
}

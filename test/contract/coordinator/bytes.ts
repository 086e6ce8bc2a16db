import assert from 'node:assert/strict'
import type { Coordinator, CoordinatorErrorCode, KeyValue } from '../../../src/cluster/coordination/coordinator.ts'

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function textOf(item: KeyValue | undefined): string | undefined {
  return item === undefined ? undefined : new TextDecoder().decode(item.value)
}

/** Puts one key, whatever is there. Answers the revision. */
export async function put(coordinator: Coordinator, key: string, value: string, lease?: string): Promise<number> {
  const op = { op: 'put', key, value: utf8(value), ...(lease === undefined ? {} : { lease }) } as const
  return (await coordinator.transact({ compare: [], success: [op] })).revision
}

export async function remove(coordinator: Coordinator, key: string): Promise<number> {
  return (await coordinator.transact({ compare: [], success: [{ op: 'delete', key }] })).revision
}

export async function refuses(work: Promise<unknown>, code: CoordinatorErrorCode): Promise<void> {
  await assert.rejects(work, (error: { code?: string }) => {
    assert.equal(error.code, code)
    return true
  })
}

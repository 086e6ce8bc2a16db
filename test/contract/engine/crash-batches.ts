import { seededRandom } from '../../../src/runtime/random.ts'
import type { Change } from '../../../src/stores/embedded/engine/engine.ts'

const changesPerBatch = 1_024
const keyCount = 5_000

/** What batch `batch` changes; the same in the child that applies it and in the test that checks it. */
export function batchChanges(batch: number): Change[] {
  const random = seededRandom(batch)
  return Array.from({ length: changesPerBatch }, () => {
    const key = Buffer.from(`key:${random.integer(keyCount)}`)
    const value = Buffer.from(`${batch}:`.padEnd(random.integer(600), 'v'))
    return { space: random.integer(8) === 0 ? 1 : 0, key, value: random.integer(5) === 0 ? undefined : value }
  })
}

export function encodeBatch(batch: number): Buffer {
  const mark = Buffer.alloc(6)
  mark.writeUIntBE(batch, 0, 6)
  return mark
}

export function decodeBatch(mark: Uint8Array | undefined): number {
  return mark === undefined ? 0 : Buffer.from(mark).readUIntBE(0, 6)
}

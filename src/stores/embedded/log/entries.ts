import type { Space } from '../engine/engine.ts'
import { type BlockHeader, blockHeaderBytes, effectHeaderBytes, effectRemoves, entryHeaderBytes } from './block.ts'

/** Sees one effect of a recovered log: `offset` is that of the effect's header in `bytes`. */
export type VisitEffect = (index: number, offset: number, space: Space, removes: boolean, key: Uint8Array) => void

/** Walks the effects of one intact block in order. */
export function walkEffects(bytes: Buffer, start: number, header: BlockHeader, visit: VisitEffect): void {
  let entry = start + blockHeaderBytes
  for (let index = header.firstIndex; index < header.firstIndex + header.entries; index++) {
    const effects = bytes.readUIntLE(entry + 5, 3)
    let offset = entry + entryHeaderBytes
    for (let i = 0; i < effects; i++) {
      const keyBytes = bytes.readUInt16LE(offset + 2)
      const keyStart = offset + effectHeaderBytes
      const removes = (bytes[offset + 1]! & effectRemoves) !== 0
      visit(index, offset, bytes[offset] as Space, removes, bytes.subarray(keyStart, keyStart + keyBytes))
      offset = keyStart + keyBytes + bytes.readUInt32LE(offset + 4)
    }
    entry += bytes.readUInt32LE(entry)
  }
}

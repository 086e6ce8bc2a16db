import { type BlockHeader, blockHeaderBytes, effectHeaderBytes, entryHeaderBytes } from './block.ts'

/** Sees one effect of a recovered log: `offset` is that of the effect's header in `bytes`. */
export type VisitEffect = (index: number, offset: number) => void

/** Walks the effects of one intact block in order. */
export function walkEffects(bytes: Buffer, start: number, header: BlockHeader, visit: VisitEffect): void {
  let entry = start + blockHeaderBytes
  for (let index = header.firstIndex; index < header.firstIndex + header.entries; index++) {
    const effects = bytes.readUIntLE(entry + 5, 3)
    let offset = entry + entryHeaderBytes
    for (let i = 0; i < effects; i++) {
      visit(index, offset)
      offset += effectHeaderBytes + bytes.readUInt16LE(offset + 2) + bytes.readUInt32LE(offset + 4)
    }
    entry += bytes.readUInt32LE(entry)
  }
}

import { writeSync } from 'node:fs'
import { LmdbEngine } from '../../../src/stores/embedded/engine/lmdb-engine.ts'
import { batchChanges, decodeBatch, encodeBatch } from './crash-batches.ts'

/** Applies one batch after the other to the engine in a directory, and tells each one's number, until it is killed. */
const engine = new LmdbEngine({ directory: process.argv[2]! })
const mark = await engine.open()
writeSync(1, 'open\n')
for (let batch = decodeBatch(mark) + 1; ; batch++) {
  await engine.apply(batchChanges(batch), encodeBatch(batch))
  writeSync(1, `${batch}\n`)
}

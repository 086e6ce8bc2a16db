import { systemRandom } from '../../src/runtime/random.ts'
import { type DataLock, DataLocked, lockData } from '../../src/stores/data-lock.ts'

/**
 * A process of its own that locks folders as told over IPC: `lock FOLDER` answers `held`, `refused` or `failed MESSAGE`,
 * `release` answers `released`. It ends with its parent.
 */
let lock: DataLock | undefined

process.on('message', (message: string) => {
  void answer(message).then((text) => process.send?.(text))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')

async function answer(message: string): Promise<string> {
  if (message === 'release') {
    await lock?.release()
    lock = undefined
    return 'released'
  }
  try {
    lock = await lockData(message.slice('lock '.length), systemRandom)
    return 'held'
  } catch (error) {
    return error instanceof DataLocked ? 'refused' : `failed ${(error as Error).message}`
  }
}

import { createServer } from 'node:net'
import { type AddressSettings, listenerNames } from '../config/sections/listen.ts'
import type { Settings } from '../config/settings.ts'

/**
 * Listens on every configured address for a moment: a port that somebody else has is to be found before a new data
 * folder remembers a cluster that never served. Rejects with the system's error of the first that cannot be had.
 */
export async function tryPorts({ listen }: Pick<Settings, 'listen'>): Promise<void> {
  for (const name of listenerNames) await tryToListen(listen[name])
}

/** Rejects with the system's error. */
export function tryToListen({ host, port }: AddressSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(port, host, () => server.close(() => resolve()))
  })
}

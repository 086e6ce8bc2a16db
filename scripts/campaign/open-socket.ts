import { connect, type Socket } from 'node:net'
import type { Address } from '../process/node-process.ts'

/** A connected socket, from `localAddress` if one is given; rejects with the system's error. */
export function openSocket({ host, port }: Address, localAddress?: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const source = localAddress === undefined ? {} : { localAddress }
    const socket = connect({ host, port, noDelay: true, ...source })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.removeListener('error', reject)
      resolve(socket)
    })
  })
}

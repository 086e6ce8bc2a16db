import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

export interface ToyServer {
  readonly port: number
  close(): Promise<void>
}

/** An HTTP server on Node's own parser, which shares nothing with the generator's. */
export async function toyHttp(listener: RequestListener): Promise<ToyServer> {
  return listening(createHttpServer(listener))
}

/** A RESP server: `answer` gets a command's arguments and returns the bytes to send, or nothing to stay silent. */
export async function toyResp(
  answer: (parts: readonly string[], socket: Socket) => string | undefined,
): Promise<ToyServer> {
  return listening(
    createServer((socket) => {
      let text = ''
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => {
        text += chunk.latin1Slice()
        for (let taken = takeCommand(text); taken !== undefined; taken = takeCommand(text)) {
          text = taken.rest
          const reply = answer(taken.parts, socket)
          if (reply !== undefined) socket.write(reply, 'latin1')
        }
      })
    }),
  )
}

function takeCommand(text: string): { parts: string[]; rest: string } | undefined {
  const [head, ...tail] = text.split('\r\n')
  const count = Number(head?.slice(1))
  if (tail.length < count * 2 + 1) return undefined
  const parts = tail.slice(0, count * 2).filter((_, i) => i % 2 === 1)
  return { parts, rest: tail.slice(count * 2).join('\r\n') }
}

async function listening(server: Server): Promise<ToyServer> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

import type { Readable } from 'node:stream'

/** Unread input above this is kept as the view it is; below, copied, so that it does not keep a whole chunk alive. */
const copyLimit = 16 * 1024

/**
 * Calls `receive` for every chunk that the socket reads, until it ends, and not while it is paused. Use it instead of
 * the event `data`: a chunk that nobody has to keep is handed over where the socket would hand it to its buffer
 * (`push`, what a readable stream's source calls), and spares the stream's bookkeeping, a fifth of what an answered
 * read costs (`docs/decisions/0026-socket-overhead.md`).
 */
export function onChunk(socket: Readable, receive: (chunk: Buffer) => void): void {
  const keep = socket.push
  socket.push = (chunk: Buffer | null, encoding?: BufferEncoding): boolean => {
    if (chunk === null || socket.readableFlowing !== true || socket.readableLength > 0) {
      return keep.call(socket, chunk, encoding)
    }
    receive(chunk)
    return true
  }
  // What was kept meanwhile, and all of it should a source not ask `push`.
  socket.on('data', receive)
}

/** What is to be kept of `bytes` from `at` on; undefined: nothing is left. */
export function restOf(bytes: Buffer, at: number): Buffer | undefined {
  if (at === bytes.length) return undefined
  const rest = at === 0 ? bytes : bytes.subarray(at)
  return rest.length < copyLimit && bytes.buffer.byteLength > copyLimit ? Buffer.from(rest) : rest
}

import type { Socket } from 'node:net'

/** Roughly what a write that waits costs beside its bytes. */
const waitingWriteBytes = 256
const nothing = Buffer.alloc(0)

/** The clients that keep answers or their own requests waiting, and the bounds on what that may cost. */
export class LateClients {
  /** Memory of what sockets have not taken, of large answers that wait for their turn or the client, of requests not read. */
  bytes = 0
  /** Clients disconnected. */
  cut = 0
  readonly hardBytes: number
  /** One answer that a client holds counts no more than this: alone it is not to be above the bound. */
  readonly mostHeldBytes: number
  private readonly totalBytes: number
  /** In the order in which they fell behind. */
  private readonly clients = new Set<LateClient>()

  /** `hardBytes` for each client, `totalBytes` for all of them. */
  constructor(hardBytes: number, totalBytes: number) {
    this.hardBytes = hardBytes
    this.totalBytes = totalBytes
    this.mostHeldBytes = Math.floor(totalBytes / 4)
  }

  /** @internal The client holds `bytes` now, and held `before`. */
  count(client: LateClient, before: number, bytes: number): void {
    this.bytes += bytes - before
    if (bytes === 0) this.clients.delete(client)
    else if (before === 0) this.clients.add(client)
  }

  /**
   * @internal Disconnects clients until the rest is within the bound: of those that hold at least their share (there
   * always is one) the one that has not caught up for longest. Who takes answers quickly is always among the last.
   */
  relieve(): void {
    while (this.bytes > this.totalBytes) {
      const share = this.bytes / this.clients.size
      for (const client of this.clients) {
        if (client.bytes < share) continue
        client.disconnect()
        break
      }
    }
  }
}

/** What one client's answers cost that it has not taken, or may not have yet. */
export class LateClient {
  /** What `LateClients` count for it. */
  bytes = 0
  private readonly all: LateClients
  private readonly socket: Socket
  /** What the socket had not taken when last seen, with what its writes cost. */
  private unsentBytes = 0
  /** What the writes that wait cost beside their bytes. */
  private overheadBytes = 0
  /** Shared memory that its writes tie up. */
  private tiedBytes = 0
  /** Large answers that wait for their turn, or for the client. */
  private heldBytes = 0
  /** Requests of its own that came and cannot be read yet. */
  private keptBytes = 0
  /** Writes under way that will say when they were taken. */
  private awaited = 0
  private readonly taken = (): void => {
    this.awaited -= 1
    if (this.bytes > 0) this.recount()
    if (this.unsentBytes > 0) this.awaitTaken()
  }

  constructor(all: LateClients, socket: Socket) {
    this.all = all
    this.socket = socket
  }

  /** The callback for a write that is not taken at once, to be told when it is: `drain` is sent only after much. */
  takenCallback(): () => void {
    this.awaited += 1
    return this.taken
  }

  /** So many writes joined those that the socket has not taken. */
  queued(writes: number): void {
    this.overheadBytes += writes * waitingWriteBytes
    this.awaitTaken()
  }

  /** A write that the socket has not taken refers to shared memory of this size. */
  ties(bytes: number): void {
    this.tiedBytes += bytes
    this.awaitTaken()
  }

  /** A large answer begins (or, negative, ends) to wait for its turn, or for the client. */
  holds(bytes: number): void {
    this.heldBytes += bytes
    this.recount()
    this.all.relieve()
  }

  /** So many bytes of requests have come and have to wait; 0: none, or none that have to wait. */
  keeps(bytes: number): void {
    if (bytes === this.keptBytes) return
    const more = bytes > this.keptBytes
    this.keptBytes = bytes
    this.recount()
    if (more) this.all.relieve()
  }

  /** After something was handed to the socket: did it take it, and if not, is this client too slow? */
  check(): void {
    const { socket, all } = this
    if (this.unsentBytes === 0 && socket.writableLength === 0) return
    const before = this.unsentBytes
    this.recount()
    if (this.unsentBytes === 0) return
    if (before > all.hardBytes) this.disconnect()
    else all.relieve()
  }

  /** The connection is gone, or nothing waits any more. */
  settle(): void {
    this.heldBytes = 0
    this.keptBytes = 0
    this.set(0)
  }

  disconnect(): void {
    this.all.cut++
    this.socket.destroy()
    this.settle()
  }

  /** Behind what waits goes a write of nothing: a callback of its own would cost every write a tick, waiting or not. */
  private awaitTaken(): void {
    const { socket } = this
    if (this.awaited > 0 || socket.destroyed) return
    if (socket.writable) socket.write(nothing, this.takenCallback())
    else socket.once('finish', this.takenCallback())
  }

  private recount(): void {
    const { destroyed, writableLength } = this.socket
    if (destroyed) return this.settle()
    if (writableLength === 0) {
      this.overheadBytes = 0
      this.tiedBytes = 0
    }
    this.unsentBytes = writableLength + this.overheadBytes
    this.set(this.unsentBytes + this.tiedBytes + this.heldBytes + this.keptBytes)
  }

  private set(bytes: number): void {
    if (bytes === this.bytes) return
    this.all.count(this, this.bytes, bytes)
    this.bytes = bytes
  }
}

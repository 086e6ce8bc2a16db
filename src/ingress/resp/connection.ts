import type { Socket } from 'node:net'
import { onChunk } from '../input.ts'
import type { Connection, ConnectionOrigin } from '../listener.ts'
import type { Outbox } from '../outbox.ts'
import { TurnShare } from '../turns.ts'
import type { Command } from './commands/command.ts'
import { Conversation } from './conversation.ts'
import { gotCommand, gotOversize, needMore, RespParser } from './parser.ts'
import { refusalOf, subcommandOf, unknownCommand, unknownSubcommand } from './refusal.ts'
import type { RespServer } from './resp-server.ts'
import type { Session } from './session.ts'

/** Why no further command is taken; bits of `blocked`. */
const atDepth = 1
const onHold = 2
const settling = 4
const outputFull = 8
const leaving = 16
const turnOver = 32

const defaultMaxUnreadBytes = 256 * 1024
/** What a command is charged beside the bytes of its answer: 256 of them make a turn. */
const commandCharge = 512
/** A command with more arguments than this takes a turn of its own: it costs more than a slice. */
const wideArguments = 1024
/** How long a connection that was ended from this side waits for the client to end its own. */
const lingerMs = 2000

/** One Redis client: its socket's events, the commands in its bytes, and when to stop listening to it. */
export class RespConnection implements Connection {
  private readonly socket: Socket
  private readonly server: RespServer
  private readonly session: Session
  private readonly outbox: Outbox
  private readonly parser: RespParser
  private readonly conversation: Conversation
  private readonly share: TurnShare
  private readonly maxUnreadBytes: number
  private blocked = 0
  private running = false
  private paused = false
  /** The client has ended its side. */
  private ended = false
  /** A command that has been read and waits for all before it, or for a turn of its own. */
  private stalled: Command | undefined
  /** Received while blocked. */
  private unread: Buffer[] = []
  private unreadBytes = 0
  /** Since when a command has been incomplete; 0: none is. */
  private partialSince = 0
  /** When this side was ended; 0: it is not. */
  private endedAt = 0
  private drainedAt = 0
  private lastWaiting = 0

  constructor(socket: Socket, origin: ConnectionOrigin, server: RespServer, session: Session, outbox: Outbox) {
    this.socket = socket
    this.server = server
    this.session = session
    this.outbox = outbox
    this.maxUnreadBytes = server.settings.maxUnreadBytes ?? defaultMaxUnreadBytes
    this.parser = new RespParser(server.settings, server.budget)
    this.conversation = new Conversation(server, session, this.parser.args, outbox, origin, () => this.progressed())
    this.share = new TurnShare(server.turns, outbox, commandCharge, () => this.turn())
    this.drainedAt = session.startedAt
    onChunk(socket, (chunk) => this.received(chunk))
    socket.on('end', () => this.halfClosed())
    socket.on('drain', () => this.progressed())
  }

  sweep(nowMs: number): void {
    const { requestTimeoutMs, idleTimeoutMs, outputTimeoutMs } = this.server.settings
    const { session } = this
    session.renew(nowMs)
    if (this.paused) this.countInput()
    const waiting = this.socket.writableLength
    if (waiting === 0 || waiting < this.lastWaiting) this.drainedAt = nowMs
    this.lastWaiting = waiting
    const idle = idleTimeoutMs > 0 && this.conversation.inFlight === 0 && nowMs - session.activeAt > idleTimeoutMs
    const slow = this.partialSince > 0 && this.blocked === 0 && nowMs - this.partialSince > requestTimeoutMs
    const unknown = session.client === undefined && nowMs - session.unknownSince > requestTimeoutMs
    const stuck = nowMs - this.drainedAt > outputTimeoutMs
    const lingering = this.endedAt > 0 && waiting === 0 && nowMs - this.endedAt > lingerMs
    if (idle || slow || unknown || stuck || lingering) this.socket.destroy()
  }

  finish(): void {
    this.leave()
    this.endIfDone()
  }

  closed(): void {
    this.conversation.close()
    this.outbox.discard()
    this.parser.letGo()
    this.session.endTransaction()
    this.unread = []
    this.blocked |= leaving
  }

  private received(chunk: Buffer): void {
    if ((this.blocked & leaving) !== 0) return
    if (this.blocked !== 0 || this.running) {
      this.unread.push(chunk)
      this.unreadBytes += chunk.length
      if (this.unreadBytes > this.maxUnreadBytes) this.pause()
      this.countInput()
      return
    }
    this.parser.feed(chunk)
    this.run()
  }

  /** Others have had theirs. */
  private turn(): void {
    if (this.conversation.closed) return
    this.blocked &= ~turnOver
    if (this.mayRun) this.run()
  }

  /** Who leaves is still owed the command that has been read and waits. */
  private get mayRun(): boolean {
    const free = this.blocked === 0 || (this.blocked === leaving && this.stalled !== undefined)
    return free && !this.running
  }

  private halfClosed(): void {
    this.ended = true
    this.endIfDone()
  }

  /** Works on what has been received until it is used up or something has to be waited for. */
  private run(): void {
    const { conversation, parser, session, share } = this
    if (!share.begin()) {
      this.blocked |= turnOver
      this.countInput()
      return
    }
    const now = this.server.runtime.clock.now()
    session.activeAt = now
    session.renew(now)
    conversation.arrivedAt = now
    conversation.deadline = now + this.server.settings.timeoutMs
    conversation.reading = true
    this.running = true
    const { stalled } = this
    if (stalled !== undefined) {
      this.stalled = undefined
      this.perform(stalled)
    }
    let whole = stalled === undefined ? 0 : 1
    while (this.blocked === 0) {
      if (!share.goOn()) {
        this.blocked |= turnOver
        break
      }
      const parsed = parser.next(session.client !== undefined)
      if (parsed === gotCommand) this.execute()
      else if (parsed === needMore) {
        if (!this.feedUnread()) break
        continue
      } else if (parsed === gotOversize) this.refuse(undefined, parser.oversize)
      else this.protocolError()
      whole++
    }
    this.running = false
    conversation.reading = false
    this.outbox.flushSoon()
    if (conversation.counted) conversation.report(this.server.runtime.clock.now())
    if (!this.parser.partial) this.partialSince = 0
    else {
      if (whole > 0 || this.partialSince === 0) this.partialSince = now
      if (this.blocked === 0) this.parser.leaveChunk()
    }
    this.afterRun()
  }

  private afterRun(): void {
    this.countInput()
    if ((this.blocked & (atDepth | onHold | outputFull)) !== 0) this.pause()
    else if (this.paused && this.unreadBytes <= this.maxUnreadBytes && (this.blocked & leaving) === 0) this.resume()
    if (this.ended || (this.blocked & leaving) !== 0) this.endIfDone()
  }

  private countInput(): void {
    const waits = this.blocked !== 0 && !this.conversation.closed
    this.outbox.keepsInput(waits ? this.parser.chunkBytes + this.unreadBytes + this.socket.readableLength : 0)
  }

  private feedUnread(): boolean {
    const chunk = this.unread.shift()
    if (chunk === undefined) return false
    this.unreadBytes -= chunk.length
    this.parser.feed(chunk)
    return true
  }

  /** Executes the command that was just read. */
  private execute(): void {
    const { conversation, session } = this
    const { args } = conversation
    const command = this.server.commands.lookup(args)
    if (
      command === undefined ||
      command.kind === 'local' ||
      command.kind === 'control' ||
      session.transaction !== undefined ||
      args.count < command.minArguments ||
      args.count > command.maxArguments ||
      (command.needs & ~session.rights) !== 0
    ) {
      this.executeSlowly(command)
      return
    }
    if (args.count > wideArguments) {
      this.stalled = command
      this.blocked |= turnOver
      this.share.yield()
      return
    }
    conversation.command = command
    const fault = command.run(conversation)
    if (fault !== undefined) conversation.fail(fault)
    this.checkBounds()
  }

  /** Everything that is not a plain command on keys outside a transaction. */
  private executeSlowly(found: Command | undefined): void {
    const { args } = this.conversation
    if (found === undefined) {
      // Somebody talks HTTP to this port, perhaps a browser that was tricked into it; Redis hangs up as well.
      if (args.is(0, 'post') || args.is(0, 'host:')) {
        this.leave()
        this.socket.destroy()
      } else this.refuse(undefined, unknownCommand(args))
      return
    }
    const command = subcommandOf(found, args)
    if (command === undefined) this.refuse(undefined, unknownSubcommand(found, args))
    else {
      const fault = refusalOf(command, args, this.session)
      if (fault !== undefined) this.refuse(command, fault)
      else if (this.session.transaction !== undefined && command.kind !== 'control') this.queue(command)
      else if (command.settled && this.conversation.inFlight > 0) {
        this.stalled = command
        this.blocked |= settling
      } else this.perform(command)
    }
    this.checkBounds()
  }

  private perform(command: Command): void {
    const { conversation, session } = this
    conversation.command = command
    session.lastCommand = command.name
    const exclusive = command.exclusive || (command.name === 'exec' && session.transaction?.exclusive === true)
    const local = command.kind === 'local'
    if (local) conversation.begin()
    const fault = command.run(conversation)
    if (fault !== undefined && local) conversation.out.error(fault)
    if (local) conversation.end()
    else if (fault !== undefined) conversation.fail(fault)
    if (exclusive && conversation.inFlight > 0) this.blocked |= settling
    if (session.leaving) this.leave()
    this.checkBounds()
  }

  private queue(command: Command): void {
    const { conversation } = this
    const transaction = this.session.transaction!
    const { row } = command
    const name = command.name.toUpperCase()
    const fault =
      row.kind === 'wide'
        ? `ERR ${name} cannot be queued in a transaction: it concerns all keys`
        : row.kind === 'point'
          ? row.queue?.(conversation)
          : undefined
    const refused = fault ?? transaction.queue(command, conversation.args)
    if (refused !== undefined) {
      this.refuse(command, refused)
      return
    }
    conversation.begin()
    conversation.out.status('QUEUED')
    conversation.end()
  }

  /** Answers a command that is not executed; a transaction does not survive that. */
  private refuse(command: Command | undefined, fault: string): void {
    const { conversation, session } = this
    if (command?.name === 'exec') {
      session.endTransaction()
      conversation.fail(`EXECABORT Transaction discarded because of: ${fault.replace(/^ERR /, '')}`)
    } else {
      session.transaction?.break()
      conversation.fail(fault)
    }
    this.checkBounds()
  }

  private protocolError(): void {
    this.server.telemetry.onProtocolError?.()
    this.conversation.fail(`ERR ${this.parser.fault}`)
    this.leave()
  }

  private checkBounds(): void {
    const { conversation, outbox } = this
    if (conversation.inFlight > 0) {
      if (conversation.holding) this.blocked |= onHold
      if (conversation.inFlight >= this.server.settings.pipelineDepth) this.blocked |= atDepth
    }
    if (outbox.full) {
      outbox.flush()
      if (outbox.full) this.blocked |= outputFull
    }
  }

  /** An answer came, or the client took some of its output. */
  private progressed(): void {
    if (this.conversation.closed) return
    // Whether there is room shows when it is written: no `drain` follows what is taken at once.
    if ((this.blocked & outputFull) !== 0) this.outbox.flush()
    else this.outbox.flushSoon()
    if (this.blocked === 0 && !this.ended) return
    const { conversation } = this
    const { inFlight } = conversation
    if (inFlight <= this.server.settings.pipelineDepth / 2) this.blocked &= ~atDepth
    if (!conversation.holding) this.blocked &= ~onHold
    if (inFlight === 0) this.blocked &= ~settling
    if (!this.outbox.full) this.blocked &= ~outputFull
    if (this.mayRun) this.run()
    else this.endIfDone()
  }

  private leave(): void {
    this.blocked |= leaving
    this.unread = []
    this.unreadBytes = 0
    if (this.paused) this.resume()
  }

  /** Ends this side once the client has ended its own, or was told to go, and everything has been answered. */
  private endIfDone(): void {
    const left = (this.blocked & leaving) !== 0
    const usedUp = this.ended && this.blocked === 0 && !this.running
    if (!(left || usedUp) || this.stalled !== undefined || this.conversation.inFlight > 0 || this.endedAt > 0) return
    this.endedAt = this.server.runtime.clock.now()
    this.outbox.flush()
    this.socket.end()
  }

  private pause(): void {
    if (this.paused) return
    this.paused = true
    this.socket.pause()
  }

  private resume(): void {
    this.paused = false
    this.socket.resume()
  }
}

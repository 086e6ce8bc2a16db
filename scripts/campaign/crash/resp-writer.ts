import type { Random } from '../../../src/runtime/random.ts'
import { type RespClient, RespError, type RespReply } from '../resp-connection.ts'
import type { Counter } from './counter.ts'
import type { History, Version } from './history.ts'
import type { Model, Pair } from './model.ts'
import { recordValue, sequenceOf } from './record-value.ts'

export interface RespWriterSettings {
  readonly name: string
  /** This writer overwrites the preloaded records whose number leaves `share` when divided by `writers`. */
  readonly share: number
  readonly writers: number
  readonly depth: number
  readonly keys: number
}

type Resolved = { acknowledge(): void; refuse(): void; leaveOpen(): void }

const pauseMs = 20

/** Writes without pause over one pipelined connection to keys that nobody else writes, and tells the model. */
export class RespWriter {
  private readonly settings: RespWriterSettings
  private readonly model: Model
  private readonly random: Random
  private connection: RespClient | undefined
  private pausing = false
  acknowledged = 0
  refused = 0

  constructor(settings: RespWriterSettings, model: Model, random: Random) {
    this.settings = settings
    this.model = model
    this.random = random
  }

  /** Keeps the connection's pipeline full until it ends or `stop` is called. */
  start(connection: RespClient): void {
    this.connection = connection
    this.pausing = false
    this.fill()
  }

  stop(): void {
    this.connection = undefined
  }

  private fill(): void {
    const { connection } = this
    while (connection?.open === true && !this.pausing && connection.unanswered < this.settings.depth)
      this.next(connection)
  }

  private next(connection: RespClient): void {
    const dice = this.random.integer(100)
    if (dice < 40) this.set(connection, this.model.history(this.key()))
    else if (dice < 55) this.set(connection, this.overwritten())
    else if (dice < 67) this.delete(connection, this.model.history(this.key()))
    else if (dice < 77) this.setPair(connection, this.pair())
    else if (dice < 82) this.execPair(connection, this.pair(), true)
    else if (dice < 85) this.execPair(connection, this.pair(), false)
    else if (dice < 93)
      this.increment(connection, this.model.counter(`c:${this.settings.name}:${this.random.integer(8)}`))
    else this.get(connection, this.model.history(this.key()))
  }

  private key(): string {
    return `k:${this.settings.name}:${this.random.integer(this.settings.keys)}`
  }

  private pair(): Pair {
    return this.model.pair(`t:${this.settings.name}:${this.random.integer(Math.ceil(this.settings.keys / 4))}`)
  }

  private overwritten(): History {
    const { share, writers, keys } = this.settings
    const own = Math.floor((this.model.preloaded - share - 1) / writers) + 1
    if (own <= 0) return this.model.history(this.key())
    // Half of them anywhere, half of them the same few again and again.
    const among = this.random.integer(2) === 0 ? own : Math.min(own, keys)
    return this.model.preloadedHistory(share + writers * this.random.integer(among))
  }

  private set(connection: RespClient, history: History): void {
    const version = this.version(true)
    history.send(version)
    const value = recordValue(history.key, version.sequence)
    connection.send(['SET', history.key, value], (reply) => this.answered(reply, reply === 'OK', 'SET', history))
  }

  private delete(connection: RespClient, history: History): void {
    history.send(this.version(false))
    connection.send(['DEL', history.key], (reply) => {
      const before = history.known.present ? 1 : 0
      const right = history.sure ? reply === before : reply === 0 || reply === 1
      this.answered(reply, right, `DEL (of ${before} record)`, history)
    })
  }

  private setPair(connection: RespClient, { first, second }: Pair): void {
    const version = this.version(true)
    first.send(version)
    second.send(version)
    const pairs = [first, second].flatMap(({ key }) => [key, recordValue(key, version.sequence)])
    connection.send(['MSET', ...pairs], (reply) => this.answered(reply, reply === 'OK', 'MSET', first, second))
  }

  private execPair(connection: RespClient, { first, second }: Pair, present: boolean): void {
    const version = this.version(present)
    first.send(version)
    second.send(version)
    const ignore = (): void => undefined
    connection.send(['MULTI'], ignore)
    for (const { key } of [first, second]) {
      connection.send(present ? ['SET', key, recordValue(key, version.sequence)] : ['DEL', key], ignore)
    }
    connection.send(['EXEC'], (reply) => {
      const right = Array.isArray(reply) && reply.length === 2 && reply.every((each) => isDone(each, present))
      this.answered(reply, right, 'EXEC', first, second)
    })
  }

  private increment(connection: RespClient, counter: Counter): void {
    counter.send()
    this.model.increments++
    connection.send(['INCR', counter.key], (reply) => {
      const outcome: Resolved = {
        acknowledge: () => this.model.report(counter.acknowledge(Number(reply))),
        refuse: () => counter.refuse(),
        leaveOpen: () => counter.leaveOpen(),
      }
      this.answered(reply, typeof reply === 'number', 'INCR', { key: counter.key, ...outcome })
    })
  }

  /** Reads own writes: every one sent before on this connection has been answered by then. */
  private get(connection: RespClient, history: History): void {
    connection.send(['GET', history.key], (reply) => {
      this.fill()
      if (reply instanceof RespError || !history.sure) return
      const { sequence, present } = history.known
      const found = typeof reply === 'string' ? sequenceOf(history.key, reply) : reply
      if (found === (present ? sequence : null)) return
      const detail = `GET found ${found ?? 'no whole value'} after ${present ? `write ${sequence}` : 'nothing'}`
      this.model.report({ kind: 'wrong-answer', key: history.key, detail })
    })
  }

  private version(present: boolean): Version {
    return { sequence: this.model.nextSequence(), present }
  }

  private answered(reply: RespReply, right: boolean, what: string, ...written: (Resolved & { key: string })[]): void {
    const refused = reply instanceof RespError && isRefusal(reply.message)
    if (right) this.acknowledged++
    if (refused) this.refused++
    for (const each of written) {
      if (right) each.acknowledge()
      else if (refused) each.refuse()
      else each.leaveOpen()
    }
    if (!right && !refused && !isUnknown(reply)) {
      const text = JSON.stringify(reply instanceof RespError ? reply.message : reply)
      this.model.report({ kind: 'wrong-answer', key: written[0]!.key, detail: `${what} was answered ${text}` })
    }
    if (refused) this.pause()
    else this.fill()
  }

  private pause(): void {
    if (this.pausing) return
    this.pausing = true
    setTimeout(() => {
      this.pausing = false
      this.fill()
    }, pauseMs)
  }
}

function isDone(reply: RespReply, present: boolean): boolean {
  return present ? reply === 'OK' : reply === 0 || reply === 1
}

function isRefusal(message: string): boolean {
  return message.startsWith('OVERLOADED') || message.startsWith('EXECABORT') || message.includes('outcome=not-applied')
}

function isUnknown(reply: RespReply): boolean {
  return reply instanceof RespError && reply.message.includes('outcome=unknown')
}

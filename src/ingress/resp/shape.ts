import type { GatewayError } from '../../errors.ts'
import type { Body } from '../../operation/body.ts'
import type { Reply } from '../../operation/reply.ts'
import type { ReplyWriter } from './reply-writer.ts'

/** What a command leaves for the moment its answer comes. */
export interface Asked {
  /** A number of the command's own. */
  readonly detail: number
  /** Anything else it needs. */
  readonly extra: unknown
}

/** What a command took that others may need: given back when it is answered, or will not be. */
export abstract class Resource {
  /** May be called more than once. */
  abstract release(): void
}

/** A command has to wait for something before it asks the next thing. */
export class Pause {
  /** Calls `goOn` once, with what to ask then or with the error that is the answer. `gone`: the client is. */
  readonly begin: (goOn: (next: Body | GatewayError) => void, gone: () => boolean) => void

  constructor(begin: Pause['begin']) {
    this.begin = begin
  }
}

/** What comes before the answer of a command is known: something to ask, or to wait for. An error is the answer. */
export type Next = Body | Pause | GatewayError

/** Writes the answer of an operation the way one command words it, or answers what comes next and writes nothing. */
export type WriteReply = (out: ReplyWriter, reply: Reply, asked: Asked) => Next | undefined

/** Writes an error its own way, or answers false for the usual text. */
export type WriteError = (out: ReplyWriter, error: GatewayError, asked: Asked) => boolean

/** How the answers of one kind of command look. All of one hidden class, because every reply goes through one. */
export class Shape {
  readonly reply: WriteReply
  readonly error: WriteError | undefined

  constructor(reply: WriteReply, error?: WriteError) {
    this.reply = reply
    this.error = error
  }
}

/** A reply of another kind than the operation calls for: a fault inside Headgate, never of the client. */
export function unexpected(out: ReplyWriter, reply: Reply): undefined {
  out.error(`ERR internal unexpected ${reply.kind} reply`)
  return undefined
}

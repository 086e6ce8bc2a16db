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

/**
 * Writes the answer of an operation the way one command words it. Answering a body instead of writing anything means
 * that this has to be asked next, before the command's answer is known; answering an error, that it is the answer.
 */
export type WriteReply = (out: ReplyWriter, reply: Reply, asked: Asked) => Body | GatewayError | undefined

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

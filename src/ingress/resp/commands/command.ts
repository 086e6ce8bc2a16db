import type { Body } from '../../../operation/body.ts'
import type { Arguments } from '../arguments.ts'
import type { ReplyWriter } from '../reply-writer.ts'
import type { RespServer } from '../resp-server.ts'
import type { Session } from '../session.ts'
import type { Shape } from '../shape.ts'

export type Group = 'string' | 'generic' | 'transactions' | 'connection' | 'server'

/** Facts about a command, as COMMAND reports them (redis.io/docs/latest/commands/command). */
export interface CommandFacts {
  /** Number of arguments with the name; negative: at least that many. */
  readonly arity: number
  /** Redis' flags, separated by spaces. */
  readonly flags: string
  /** First key, last key (negative: from the end), step. */
  readonly keys?: readonly [number, number, number]
  /** Redis' key specification flags. */
  readonly access?: string
  readonly group: Group
  readonly dangerous?: true
  readonly since: string
  readonly summary: string
}

/**
 * What a command does. Answers the text of an error (`ERR ...`) if it did nothing.
 *
 * - `point`: asks for operations on single keys, or lists of them; may stand in a transaction.
 * - `wide`: asks for what concerns all keys; may not.
 * - `local`: answers from the connection's own state, writing the reply itself.
 * - `control`: concerns the transaction itself; is executed, not queued, inside one.
 */
export type CommandAction =
  | { readonly kind: 'point'; readonly run: (context: AskContext) => string | undefined; readonly queue?: QueueCheck }
  | { readonly kind: 'wide'; readonly run: (context: AskContext) => string | undefined }
  | { readonly kind: 'local'; readonly run: (context: LocalContext) => string | undefined }
  | { readonly kind: 'control'; readonly run: (context: ControlContext) => string | undefined }

/** Why these arguments cannot be queued in a transaction; undefined if they can. */
export type QueueCheck = (context: QueueContext) => string | undefined

export type CommandRow = CommandFacts &
  CommandAction & {
    /** Runs only when everything before it has been answered. */
    readonly settled?: true
    /** Nothing after it runs before it has been answered. */
    readonly exclusive?: true
    readonly writes?: true
    readonly subcommands?: Readonly<Record<string, SubcommandRow>>
  }

export interface SubcommandRow extends Omit<CommandFacts, 'group'> {
  readonly kind: 'local'
  readonly run: (context: LocalContext) => string | undefined
}

/** Bits of what a client must be allowed to do. */
export const mayRead = 1
export const mayWrite = 2

/** A row made ready for execution. All of one hidden class. */
export class Command {
  /** Lower case; `client|id` for subcommands. */
  readonly name: string
  readonly row: CommandRow
  readonly kind: CommandAction['kind']
  readonly minArguments: number
  readonly maxArguments: number
  /** `mayRead`, `mayWrite`. */
  readonly needs: number
  /** Counted as a write, and not bound to what the session has seen: the leader is always up to date. */
  readonly writes: boolean
  /** Whether clients may run it before they authenticate. */
  readonly open: boolean
  readonly settled: boolean
  readonly exclusive: boolean
  readonly subcommands: ReadonlyMap<string, Command> | undefined
  readonly run: (context: ControlContext) => string | undefined

  constructor(name: string, row: CommandRow) {
    const flags = row.flags.split(' ')
    this.name = name
    this.row = row
    this.kind = row.kind
    this.minArguments = Math.abs(row.arity)
    this.maxArguments = row.arity >= 0 ? row.arity : Number.POSITIVE_INFINITY
    this.needs = (flags.includes('readonly') ? mayRead : 0) | (flags.includes('write') ? mayWrite : 0)
    if (row.access?.startsWith('RW access') === true && row.access !== variableAccess) this.needs |= mayRead
    this.writes = flags.includes('write') || row.writes === true
    this.open = flags.includes('no_auth')
    this.settled = row.settled === true
    this.exclusive = row.exclusive === true
    this.run = row.run
    const subcommands = Object.entries(row.subcommands ?? {})
    this.subcommands =
      subcommands.length === 0
        ? undefined
        : new Map(
            subcommands.map(([sub, facts]) => [sub, new Command(`${name}|${sub}`, { ...facts, group: row.group })]),
          )
  }
}

/** SET reads only with its GET option, which it checks itself. */
const variableAccess = 'RW access update variable_flags'

export interface QueueContext {
  readonly args: Arguments
}

/** What a command of one or several keys may use. */
export interface AskContext {
  readonly args: Arguments
  readonly server: RespServer
  /** `mayRead` and `mayWrite` of the client. */
  readonly rights: number
  /**
   * Asks for an operation whose answer `shape` will write. Byte arrays in the body may be views of `args`, those in
   * `extra` may not.
   */
  ask(body: Body, shape: Shape, detail?: number, extra?: unknown): undefined
  /** Asks for a get of the key in argument 1, which has been checked, without allocating. */
  askGet(projection: 'value' | 'meta', shape: Shape, detail: number): undefined
  /** Asks for a plain SET of argument 1, which has been checked, to argument 2, without allocating. */
  askPut(shape: Shape): undefined
}

/** What a command about the connection may use. */
export interface LocalContext {
  readonly args: Arguments
  readonly server: RespServer
  readonly session: Session
  readonly out: ReplyWriter
}

/** What a command about the transaction may use: both. It brackets what it writes at once by `begin` and `end`. */
export interface ControlContext extends AskContext, LocalContext {
  begin(): void
  end(): void
}

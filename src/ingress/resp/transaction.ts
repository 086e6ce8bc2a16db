import type { Arguments } from './arguments.ts'
import type { Command } from './commands/command.ts'

export interface QueuedCommand {
  readonly command: Command
  readonly args: Arguments
}

/** The commands between MULTI and EXEC. */
export class Transaction {
  readonly commands: QueuedCommand[] = []
  /** A command was refused, so EXEC will discard everything. */
  broken = false
  /** Nothing after EXEC may run before it is over: it changes how replies are written. */
  exclusive = false
  private bytes = 0
  private readonly maxCommands: number
  private readonly maxBytes: number

  constructor(maxCommands: number, maxBytes: number) {
    this.maxCommands = maxCommands
    this.maxBytes = maxBytes
  }

  /** Keeps a copy of the command; or answers why it cannot, and the transaction is broken. */
  queue(command: Command, args: Arguments): string | undefined {
    if (this.broken) return undefined
    this.bytes += args.size
    if (this.commands.length >= this.maxCommands || this.bytes > this.maxBytes) {
      this.broken = true
      this.commands.length = 0
      return `ERR the transaction exceeds ${this.maxCommands} commands or ${this.maxBytes} bytes`
    }
    if (command.settled || command.exclusive) this.exclusive = true
    this.commands.push({ command, args: args.copy() })
    return undefined
  }
}

import type { Arguments } from './arguments.ts'
import type { Command } from './commands/command.ts'
import type { ReceiveBudget } from './receive-budget.ts'

export interface QueuedCommand {
  readonly command: Command
  readonly args: Arguments
}

/** The commands between MULTI and EXEC. */
export class Transaction {
  readonly commands: QueuedCommand[] = []
  /** A command was refused, so EXEC will discard everything. */
  broken = false
  /** Nothing after EXEC may run before it is over: it changes how replies are written, or tells of the connection. */
  exclusive = false
  private bytes = 0
  private readonly maxCommands: number
  private readonly maxBytes: number
  private readonly budget: ReceiveBudget

  constructor(maxCommands: number, maxBytes: number, budget: ReceiveBudget) {
    this.maxCommands = maxCommands
    this.maxBytes = maxBytes
    this.budget = budget
  }

  /** Keeps a copy of the command; or answers why it cannot, and the transaction is broken. */
  queue(command: Command, args: Arguments): string | undefined {
    if (this.broken) return undefined
    const bytes = this.bytes + args.size
    if (this.commands.length >= this.maxCommands || bytes > this.maxBytes) {
      this.break()
      return `ERR the transaction exceeds ${this.maxCommands} commands or ${this.maxBytes} bytes`
    }
    if (!this.budget.resize(this.bytes, bytes)) {
      this.break()
      return 'OVERLOADED reason=backlog retry-after-ms=1000'
    }
    this.bytes = bytes
    if (command.settled || command.exclusive || command.row.kind === 'local') this.exclusive = true
    this.commands.push({ command, args: args.copy() })
    return undefined
  }

  /** A command was refused: EXEC will only say so, and nothing needs to be kept. */
  break(): void {
    this.broken = true
    this.release()
  }

  /** Gives back what is kept; the transaction is over. */
  release(): void {
    this.budget.resize(this.bytes, 0)
    this.bytes = 0
    this.commands.length = 0
  }
}

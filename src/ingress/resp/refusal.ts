import type { Arguments } from './arguments.ts'
import type { Command } from './commands/command.ts'
import { noAuth, noPermission, wrongArity } from './error-text.ts'
import type { Session } from './session.ts'

/** What Redis shows of an unknown command. */
const shownBytes = 128

/** The command itself or, of a container, the subcommand that argument 1 names; undefined if there is no such one. */
export function subcommandOf(command: Command, args: Arguments): Command | undefined {
  if (command.subcommands === undefined || args.count < 2) return command
  return command.subcommands.get(args.text(1).toLowerCase())
}

/** Why a client may not run a command that exists; undefined if it may. In the order of Redis' `processCommand`. */
export function refusalOf(command: Command, args: Arguments, session: Session): string | undefined {
  if (args.count < command.minArguments || args.count > command.maxArguments) return wrongArity(command.name)
  if (session.client === undefined) return command.open ? undefined : noAuth
  return (command.needs & ~session.rights) === 0 ? undefined : noPermission(command.name)
}

export function unknownCommand(args: Arguments): string {
  let shown = ''
  for (let i = 1; i < args.count && shown.length < shownBytes; i++) {
    shown += `'${args.cText(i).slice(0, shownBytes - shown.length)}' `
  }
  return `ERR unknown command '${args.cText(0).slice(0, shownBytes)}', with args beginning with: ${shown}`
}

export function unknownSubcommand(command: Command, args: Arguments): string {
  const shown = args.cText(1).slice(0, shownBytes)
  return `ERR unknown subcommand '${shown}'. Try ${command.name.toUpperCase()} HELP.`
}

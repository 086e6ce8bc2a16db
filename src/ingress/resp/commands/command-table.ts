import type { CommandRow } from './command.ts'
import { CommandSet } from './command-set.ts'
import { connectionTable } from './connection-table.ts'
import { genericTable } from './generic-table.ts'
import { stringTable } from './string-table.ts'

/** Every command the embedded store offers over the Redis protocol. */
export const commandTable = {
  ...stringTable,
  ...genericTable,
  ...connectionTable,
} as const satisfies Record<string, CommandRow>

export const embeddedCommands = new CommandSet(commandTable)

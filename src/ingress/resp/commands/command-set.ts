import type { Arguments } from '../arguments.ts'
import { Command, type CommandRow } from './command.ts'

const upperA = 0x41
const upperZ = 0x5a
/** More than any command name has. */
const maxNameBytes = 16

/** The commands there are. Finding one allocates nothing: a hash of its letters, then a comparison. */
export class CommandSet {
  /** In the order of the table. */
  readonly all: readonly Command[]
  /** Open addressing; the length is a power of two, several times the number of commands. */
  private readonly slots: (Command | undefined)[]
  private readonly byName: ReadonlyMap<string, Command>

  constructor(rows: Readonly<Record<string, CommandRow>>) {
    this.all = Object.entries(rows).map(([name, row]) => new Command(name, row))
    this.byName = new Map(this.all.map((command) => [command.name, command]))
    this.slots = new Array<Command | undefined>(512).fill(undefined)
    for (const command of this.all) {
      const name = Buffer.from(command.name)
      let slot = hash(name, 0, name.length)
      while (this.slots[slot & (this.slots.length - 1)] !== undefined) slot++
      this.slots[slot & (this.slots.length - 1)] = command
    }
  }

  /** The command that argument 0 names, in any case; undefined if there is none. */
  lookup(args: Arguments): Command | undefined {
    const start = args.places[0]!
    const end = args.places[1]!
    if (end - start > maxNameBytes) return undefined
    const mask = this.slots.length - 1
    for (let slot = hash(args.bytes, start, end); ; slot++) {
      const command = this.slots[slot & mask]
      if (command === undefined || named(command.name, args.bytes, start, end)) return command
    }
  }

  /** The command or subcommand (`client|id`) with this name, in any case. */
  find(name: string): Command | undefined {
    const [first = '', second] = name.toLowerCase().split('|', 2)
    const command = this.byName.get(first)
    return second === undefined ? command : command?.subcommands?.get(second)
  }
}

/** FNV-1a over the lower-cased bytes. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let value = 0x811c9dc5 | 0
  for (let i = start; i < end; i++) value = Math.imul(value ^ (bytes[i]! | 0x20), 0x01000193)
  return (value ^ (value >>> 15)) & 0x7fffffff
}

function named(name: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false
  for (let i = 0; i < name.length; i++) {
    const byte = bytes[start + i]!
    if ((byte >= upperA && byte <= upperZ ? byte | 0x20 : byte) !== name.charCodeAt(i)) return false
  }
  return true
}

import type { Arguments } from '../arguments.ts'
import type { ReplyWriter } from '../reply-writer.ts'
import type { Command, CommandRow, LocalContext } from './command.ts'

/** COMMAND without a subcommand. */
export function command({ out, server }: LocalContext): undefined {
  out.array(server.commands.all.length)
  for (const one of server.commands.all) writeInfo(out, one)
}

export function commandCount({ out, server }: LocalContext): undefined {
  out.integer(server.commands.all.length)
}

export function commandInfo(context: LocalContext): undefined {
  const { args, out, server } = context
  if (args.count === 2) return command(context)
  out.array(args.count - 2)
  for (let i = 2; i < args.count; i++) {
    const found = server.commands.find(args.text(i))
    if (found === undefined) out.nil()
    else writeInfo(out, found)
  }
  return undefined
}

export function commandDocs({ args, out, server }: LocalContext): undefined {
  const found: Command[] = []
  for (let i = 2; i < args.count; i++) {
    const one = server.commands.find(args.text(i))
    if (one !== undefined) found.push(one)
  }
  const described = args.count === 2 ? server.commands.all : found
  out.map(described.length)
  for (const one of described) {
    out.bulkText(one.name)
    writeDocs(out, one)
  }
}

/** The keys of the command line that follows. */
export function commandGetKeys({ args, out, server }: LocalContext): string | undefined {
  const found = server.commands.find(args.text(2))
  if (found === undefined) return 'ERR Invalid command specified'
  const count = args.count - 2
  if (found.row.keys === undefined) return 'ERR The command has no key arguments'
  if (count < found.minArguments || count > found.maxArguments) {
    return 'ERR Invalid number of arguments specified for command'
  }
  const [first, last, step] = found.row.keys
  const end = last < 0 ? count + last : last
  if (end >= count || end < first) return 'ERR Invalid arguments specified for command'
  writeArguments(out, args, first, end, step)
  return undefined
}

function writeArguments(out: ReplyWriter, args: Arguments, first: number, end: number, step: number): void {
  out.array(Math.floor((end - first) / step) + 1)
  for (let i = first; i <= end; i += step) out.bulk(args.bytes, args.start(i + 2), args.end(i + 2))
}

function writeInfo(out: ReplyWriter, { name, row, subcommands }: Command): void {
  const flags = row.flags === '' ? [] : row.flags.split(' ')
  const [first, last, step] = row.keys ?? [0, 0, 0]
  out.array(10)
  out.bulkText(name)
  out.integer(row.arity)
  writeStatusSet(out, flags)
  out.integer(first)
  out.integer(last)
  out.integer(step)
  writeStatusSet(out, categoriesOf(row, flags, name))
  out.set(0)
  writeKeySpecs(out, row)
  if (subcommands === undefined) {
    out.set(0)
  } else {
    out.array(subcommands.size)
    for (const one of subcommands.values()) writeInfo(out, one)
  }
}

const groupCategory = {
  string: 'string',
  generic: 'keyspace',
  transactions: 'transaction',
  connection: 'connection',
  server: undefined,
} as const

/** In the order Redis lists them (acl.c). */
const categoryOrder = [
  'keyspace',
  'read',
  'write',
  'string',
  'admin',
  'fast',
  'slow',
  'dangerous',
  'connection',
  'transaction',
]

/** The ACL categories, derived as Redis does (`setImplicitACLCategories` in server.c). */
function categoriesOf(row: CommandRow, flags: readonly string[], name: string): string[] {
  const categories = new Set<string>([flags.includes('fast') ? 'fast' : 'slow'])
  const group = groupCategory[row.group]
  const isContainer = row.subcommands !== undefined && row.arity === -2
  if (group !== undefined && !isContainer) categories.add(group)
  if (row.group === 'server' && flags.includes('readonly')) categories.add('keyspace')
  if (name.startsWith('command')) categories.add('connection')
  if (flags.includes('readonly')) categories.add('read')
  if (flags.includes('write')) categories.add('write')
  if (flags.includes('admin')) categories.add('admin').add('dangerous')
  if (row.dangerous === true) categories.add('dangerous')
  return categoryOrder.filter((category) => categories.has(category)).map((category) => `@${category}`)
}

function writeKeySpecs(out: ReplyWriter, row: CommandRow): void {
  out.set(row.keys === undefined ? 0 : 1)
  if (row.keys === undefined) return
  const [first, last, step] = row.keys
  out.map(3)
  out.bulkText('flags')
  writeStatusSet(out, (row.access ?? '').split(' '))
  writeSpec(out, 'begin_search', 'index', [['index', first]])
  const lastKey = last < 0 ? last : last - first
  writeSpec(out, 'find_keys', 'range', [
    ['lastkey', lastKey],
    ['keystep', step],
    ['limit', 0],
  ])
}

function writeSpec(out: ReplyWriter, part: string, type: string, fields: readonly (readonly [string, number])[]): void {
  out.bulkText(part)
  out.map(2)
  out.bulkText('type')
  out.bulkText(type)
  out.bulkText('spec')
  out.map(fields.length)
  for (const [name, value] of fields) {
    out.bulkText(name)
    out.integer(value)
  }
}

function writeDocs(out: ReplyWriter, { row, subcommands }: Command): void {
  out.map(subcommands === undefined ? 3 : 4)
  out.bulkText('summary')
  out.bulkText(row.summary)
  out.bulkText('since')
  out.bulkText(row.since)
  out.bulkText('group')
  out.bulkText(row.group)
  if (subcommands === undefined) return
  out.bulkText('subcommands')
  out.map(subcommands.size)
  for (const one of subcommands.values()) {
    out.bulkText(one.name)
    writeDocs(out, one)
  }
}

function writeStatusSet(out: ReplyWriter, words: readonly string[]): void {
  out.set(words.length)
  for (const word of words) out.status(word)
}

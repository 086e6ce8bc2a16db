import type { CommandRow, SubcommandRow } from './command.ts'
import * as report from './command-report.ts'
import * as connection from './connection.ts'
import * as server from './server.ts'

const open = { group: 'connection', flags: 'noscript loading stale fast no_auth allow_busy' } as const
const echo = { kind: 'local', group: 'connection', flags: 'loading stale fast' } as const
const client = { kind: 'local', arity: 2, flags: 'noscript loading stale', since: '2.4.0' } as const
const about = { kind: 'local', flags: 'loading stale', since: '2.8.13' } as const

const clientHelp = [
  'GETNAME',
  '    Answers the name of this connection.',
  'ID',
  '    Answers the number of this connection.',
  'INFO',
  '    Describes this connection.',
  'SETINFO (LIB-NAME|LIB-VER) <value>',
  '    Accepts what a client library says of itself.',
  'SETNAME <name>',
  '    Names this connection.',
]

const clientSubcommands = {
  getname: { ...client, since: '2.6.9', run: connection.clientGetName, summary: 'Answers the name of the connection' },
  help: { ...about, arity: 2, run: server.helpOf('CLIENT', clientHelp), summary: 'Lists the subcommands' },
  id: { ...client, since: '5.0.0', run: connection.clientId, summary: 'Answers the number of the connection' },
  info: { ...client, since: '6.2.0', run: connection.clientInfo, summary: 'Describes the connection' },
  setinfo: { ...client, arity: 4, since: '7.2.0', run: connection.clientSetInfo, summary: 'Names the client library' },
  setname: { ...client, arity: 3, since: '2.6.9', run: connection.clientSetName, summary: 'Names the connection' },
} as const satisfies Record<string, SubcommandRow>

const commandHelp = [
  '(no subcommand)',
  '    Describes all commands.',
  'COUNT',
  '    Answers how many commands there are.',
  'DOCS [<command-name> ...]',
  '    Documents commands.',
  'GETKEYS <full-command>',
  '    Answers the keys in a command.',
  'INFO [<command-name> ...]',
  '    Describes commands.',
]

const commandSubcommands = {
  count: { ...about, arity: 2, run: report.commandCount, summary: 'Answers the number of commands' },
  docs: { ...about, arity: -2, since: '7.0.0', run: report.commandDocs, summary: 'Documents commands' },
  getkeys: { ...about, arity: -4, run: report.commandGetKeys, summary: 'Answers the keys in a command' },
  help: { ...about, arity: 2, run: server.helpOf('COMMAND', commandHelp), summary: 'Lists the subcommands' },
  info: { ...about, arity: -2, run: report.commandInfo, summary: 'Describes commands' },
} as const satisfies Record<string, SubcommandRow>

const configHelp = ['GET <pattern> [<pattern> ...]', '    Answers the parameters that match.']

const configSubcommands = {
  get: {
    ...about,
    arity: -3,
    flags: 'admin noscript loading stale',
    since: '2.0.0',
    run: server.configGet,
    summary: 'Answers parameters',
  },
  help: { ...about, arity: 2, run: server.helpOf('CONFIG', configHelp), summary: 'Lists the subcommands' },
} as const satisfies Record<string, SubcommandRow>

/** Commands about the connection and the server. The facts are those COMMAND of Redis 7.0.15 reports. */
export const connectionTable = {
  ping: { ...echo, flags: 'fast', arity: -1, since: '1.0.0', run: connection.ping, summary: 'Answers PONG' },
  echo: { ...echo, arity: 2, since: '1.0.0', run: connection.echo, summary: 'Answers its argument' },
  hello: {
    ...open,
    kind: 'local',
    arity: -1,
    settled: true,
    since: '6.0.0',
    run: connection.hello,
    summary: 'Chooses the protocol version',
  },
  auth: {
    ...open,
    kind: 'local',
    arity: -2,
    since: '1.0.0',
    run: connection.auth,
    summary: 'Authenticates the client',
  },
  select: { ...echo, arity: 2, since: '1.0.0', run: connection.select, summary: 'Chooses database 0' },
  client: {
    kind: 'local',
    group: 'connection',
    flags: '',
    arity: -2,
    since: '2.4.0',
    run: incomplete,
    subcommands: clientSubcommands,
    summary: 'Commands about this connection',
  },
  quit: { ...open, kind: 'control', arity: -1, since: '1.0.0', run: connection.quit, summary: 'Closes the connection' },
  reset: {
    ...open,
    kind: 'control',
    arity: 1,
    settled: true,
    since: '6.2.0',
    run: connection.reset,
    summary: 'Makes the connection as new',
  },
  command: {
    ...about,
    group: 'server',
    arity: -1,
    run: report.command,
    subcommands: commandSubcommands,
    summary: 'Describes all commands',
  },
  info: {
    ...about,
    group: 'server',
    arity: -1,
    dangerous: true,
    since: '1.0.0',
    run: server.info,
    summary: 'Describes the server',
  },
  config: {
    kind: 'local',
    group: 'server',
    flags: '',
    arity: -2,
    since: '2.0.0',
    run: incomplete,
    subcommands: configSubcommands,
    summary: 'Commands about the configuration',
  },
  time: {
    ...about,
    group: 'server',
    arity: 1,
    flags: 'loading stale fast',
    run: server.time,
    summary: 'Answers the time',
  },
} as const satisfies Record<string, CommandRow>

/** A container's arity demands a subcommand, so it is never run itself. */
function incomplete(): string {
  return 'ERR internal a subcommand is missing'
}

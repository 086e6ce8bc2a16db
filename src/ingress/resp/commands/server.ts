import { Glob } from '../glob.ts'
import type { RespServer } from '../resp-server.ts'
import type { LocalContext } from './command.ts'
import { redisVersion } from './connection.ts'

export function time({ out, server }: LocalContext): undefined {
  const wallMs = server.runtime.clock.wallMs()
  out.array(2)
  out.bulkText(String(Math.floor(wallMs / 1000)))
  out.bulkText(String((wallMs % 1000) * 1000))
}

/** Title and lines of each section of INFO, by the names clients ask for. */
const infoSections: Readonly<Record<string, (server: RespServer) => readonly string[]>> = {
  server: (server) => {
    const info = server.serverInfo()
    return [
      '# Server',
      `redis_version:${redisVersion}`,
      'redis_mode:standalone',
      `process_id:${info.processId}`,
      `tcp_port:${info.port}`,
      `uptime_in_seconds:${Math.floor(info.uptimeMs / 1000)}`,
      `uptime_in_days:${Math.floor(info.uptimeMs / 86_400_000)}`,
    ]
  },
  clients: (server) => {
    const info = server.serverInfo()
    return ['# Clients', `connected_clients:${info.connectedClients}`, `maxclients:${info.maxClients}`]
  },
  memory: (server) => ['# Memory', `used_memory:${server.serverInfo().usedMemoryBytes}`],
  persistence: () => ['# Persistence', 'loading:0'],
  replication: () => ['# Replication', 'role:master', 'connected_slaves:0'],
  keyspace: (server) => {
    const { keys } = server.serverInfo()
    return keys === 0 ? ['# Keyspace'] : ['# Keyspace', `db0:keys=${keys},expires=0,avg_ttl=0`]
  },
}

/** INFO, all of it or the sections named; names it does not know add nothing, as in Redis. */
export function info({ args, out, server }: LocalContext): undefined {
  const wanted = new Set<string>()
  for (let i = 1; i < args.count; i++) wanted.add(args.text(i).toLowerCase())
  const all = wanted.size === 0 || wanted.has('all') || wanted.has('everything') || wanted.has('default')
  const sections = Object.entries(infoSections).filter(([name]) => all || wanted.has(name))
  out.verbatim(sections.map(([, lines]) => `${lines(server).join('\r\n')}\r\n`).join('\r\n'))
}

/** Parameters client libraries and tools ask for, in the words of redis.conf. */
const parameters: Readonly<Record<string, ((server: RespServer) => string) | undefined>> = {
  appendonly: (server) => (server.serverInfo().durable ? 'yes' : 'no'),
  databases: () => '1',
  maxclients: (server) => String(server.serverInfo().maxClients),
  maxmemory: () => '0',
  'maxmemory-policy': () => 'noeviction',
  port: (server) => String(server.serverInfo().port),
  'proto-max-bulk-len': (server) => String(server.settings.maxValueBytes),
  save: () => '',
  timeout: (server) => String(Math.floor(server.settings.idleTimeoutMs / 1000)),
}

/** Patterns can be made to need a comparison for each of their bytes and each of a name's. */
const maxConfigBytes = 4096

/** CONFIG GET: a name without wildcards is answered in the spelling it was asked in, as Redis does. */
export function configGet({ args, out, server }: LocalContext): string | undefined {
  if (args.size > maxConfigBytes) return `ERR CONFIG GET with more than ${maxConfigBytes} bytes of patterns`
  const found = new Map<string, string>()
  for (let i = 2; i < args.count; i++) {
    const asked = args.cText(i)
    const pattern = asked.toLowerCase()
    if (!/[[*?]/.test(asked)) {
      const value = parameters[pattern]
      if (value !== undefined) found.set(asked, value(server))
      continue
    }
    const glob = new Glob(Buffer.from(pattern, 'latin1'))
    for (const [name, value] of Object.entries(parameters)) {
      if (glob.matches(Buffer.from(name))) found.set(name, value!(server))
    }
  }
  out.map(found.size)
  for (const [name, value] of found) {
    out.bulkText(name)
    out.bulkText(value)
  }
  return undefined
}

export function helpOf(command: string, lines: readonly string[]): (context: LocalContext) => undefined {
  return ({ out }) => {
    out.array(lines.length + 3)
    out.status(`${command} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`)
    for (const line of lines) out.status(line)
    out.status('HELP')
    out.status('    Prints this help.')
  }
}

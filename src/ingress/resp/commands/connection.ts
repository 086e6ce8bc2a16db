import { notAnInteger, syntaxError, wrongArity, wrongPass } from '../error-text.ts'
import { integerAt } from '../integer-text.ts'
import type { ControlContext, LocalContext } from './command.ts'

/** What clients are told they talk to: features are decided by it. */
export const redisVersion = '7.0.15'

const badName = 'ERR Client names cannot contain spaces, newlines or special characters.'

export function ping({ args, out }: LocalContext): string | undefined {
  if (args.count > 2) return wrongArity('ping')
  if (args.count === 1) out.status('PONG')
  else out.bulk(args.bytes, args.start(1), args.end(1))
  return undefined
}

export function echo({ args, out }: LocalContext): undefined {
  out.bulk(args.bytes, args.start(1), args.end(1))
}

/** There is one database. */
export function select({ args, out }: LocalContext): string | undefined {
  const index = integerAt(args, 1)
  if (index === undefined) return notAnInteger
  if (index > 0x7fffffff || index < -0x80000000) {
    return 'ERR value is out of range, value must between -2147483648 and 2147483647'
  }
  if (index !== 0) return 'ERR DB index is out of range'
  out.ok()
  return undefined
}

export function auth(context: LocalContext): string | undefined {
  const { args, out, server } = context
  if (args.count > 3) return syntaxError
  const user = args.count === 3 ? args.text(1) : undefined
  if (!logIn(context, user, args.count - 1)) {
    if (user !== undefined || server.authenticator.anonymous === undefined) return wrongPass
    return 'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?'
  }
  out.ok()
  return undefined
}

/** Logs the connection in; false if the name and the token in argument `tokenAt` are nobody's. */
function logIn({ args, server, session }: LocalContext, user: string | undefined, tokenAt: number): boolean {
  const { authenticator } = server
  // Clients without a configured user send the name Redis gives its own anonymous user, with any password.
  const isAnonymous = user === 'default' && authenticator.anonymous !== undefined
  const name = user === 'default' ? undefined : user
  const client = authenticator.authenticate(name, Buffer.from(args.view(tokenAt)))
  if (client === undefined && !isAnonymous) return false
  session.become(client ?? authenticator.anonymous, server.runtime.clock.now())
  return true
}

export function hello(context: LocalContext): string | undefined {
  const { args, session, out } = context
  let protocol = out.protocol
  if (args.count > 1) {
    const version = integerAt(args, 1)
    if (version === undefined) return 'ERR Protocol version is not an integer or out of range'
    if (version !== 2 && version !== 3) return 'NOPROTO unsupported protocol version'
    protocol = version
  }
  for (let i = 2; i < args.count; i++) {
    const more = args.count - 1 - i
    if (args.is(i, 'auth') && more >= 2) {
      if (!logIn(context, args.text(i + 1), i + 2)) return wrongPass
      i += 2
    } else if (args.is(i, 'setname') && more >= 1) {
      if (!setName(context, i + 1)) return badName
      i++
    } else {
      return `ERR Syntax error in HELLO option '${args.cText(i)}'`
    }
  }
  if (session.client === undefined) return helloNoAuth
  out.protocol = protocol
  writeGreeting(context)
  return undefined
}

const helloNoAuth =
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time'

function writeGreeting({ out, session }: LocalContext): void {
  out.map(7)
  out.bulkText('server')
  out.bulkText('redis')
  out.bulkText('version')
  out.bulkText(redisVersion)
  out.bulkText('proto')
  out.integer(out.protocol)
  out.bulkText('id')
  out.integer(session.id)
  out.bulkText('mode')
  out.bulkText('standalone')
  out.bulkText('role')
  out.bulkText('master')
  out.bulkText('modules')
  out.array(0)
}

export function quit(context: ControlContext): undefined {
  context.begin()
  context.out.ok()
  context.end()
  context.session.leaving = true
}

export function reset(context: ControlContext): undefined {
  const { session, out, server } = context
  session.endTransaction()
  session.name = ''
  session.become(server.authenticator.anonymous, server.runtime.clock.now())
  out.protocol = 2
  context.begin()
  out.status('RESET')
  context.end()
}

export function clientId({ out, session }: LocalContext): undefined {
  out.integer(session.id)
}

export function clientGetName({ out, session }: LocalContext): undefined {
  if (session.name === '') out.nil()
  else out.bulkText(session.name)
}

export function clientSetName(context: LocalContext): string | undefined {
  if (!setName(context, 2)) return badName
  context.out.ok()
  return undefined
}

/** A name needs printable characters; an empty one takes the name away. */
function setName({ args, session }: LocalContext, index: number): boolean {
  const name = args.text(index)
  if (!/^[!-~]*$/.test(name)) return false
  session.name = name
  return true
}

/** Newer clients introduce their library; Redis 7.0 did not know that yet. */
export function clientSetInfo({ args, out }: LocalContext): string | undefined {
  if (!args.is(2, 'lib-name') && !args.is(2, 'lib-ver')) return `ERR Unrecognized option '${args.cText(2)}'`
  if (!/^[!-~]*$/.test(args.text(3))) {
    return `ERR ${args.cText(2)} cannot contain spaces, newlines or special characters.`
  }
  out.ok()
  return undefined
}

export function clientInfo({ out, session, server }: LocalContext): undefined {
  const now = server.runtime.clock.now()
  const age = Math.floor((now - session.startedAt) / 1000)
  const queued = session.transaction === undefined ? -1 : session.transaction.commands.length
  const flags = session.transaction === undefined ? 'N' : 'x'
  out.verbatim(
    `id=${session.id} addr=${session.address} laddr=${session.localAddress} fd=-1 name=${session.name} age=${age} idle=0 ` +
      `flags=${flags} db=0 sub=0 psub=0 ssub=0 multi=${queued} qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 ` +
      `obl=0 oll=0 omem=${out.outbox.backlog} tot-mem=0 events=r cmd=client|info user=${session.client?.name ?? ''} ` +
      `redir=-1 resp=${out.protocol}\n`,
  )
}

/** Something a client sends on a fresh connection before it ends its side; both servers must answer the same bytes. */
export interface Dialogue {
  readonly name: string
  readonly sends: string
}

const q = (text: string): string => text.replace(/\n/g, '\r\n')

/** Against a server without passwords. */
export const openDialogues: readonly Dialogue[] = [
  { name: 'multibulk count is no number', sends: q('*x\n') },
  { name: 'multibulk count is huge', sends: q('*99999999999999\n') },
  { name: 'multibulk count beyond 64 bits', sends: q('*9999999999999999999999\n') },
  { name: 'no commands, then one', sends: q('*0\n*-1\n*-5\n\n*1\n$4\nPING\n') },
  { name: 'bulk length is no number', sends: q('*1\n$x\n') },
  { name: 'bulk length is negative', sends: q('*2\n$4\nECHO\n$-1\n') },
  { name: 'bulk length is huge', sends: q('*1\n$536870913\n') },
  { name: 'not a bulk', sends: q('*1\n:5\n') },
  { name: 'not a bulk, NUL', sends: '*1\r\n\0\r\n' },
  { name: 'not a bulk, a high byte', sends: '*1\r\n\xff\r\n' },
  { name: 'not a bulk, line end', sends: '*1\r\n\r\n' },
  { name: 'commands before and after a fault', sends: q('PING\n*1\n+PING\nPING\n') },
  { name: 'wrong bytes after an argument', sends: '*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n' },
  { name: 'inline', sends: q("PING\nECHO \"a b\\x41\"\nECHO 'it\\'s'\nping\n") },
  { name: 'inline, bare newlines', sends: 'PING\nPING\n\n\nECHO a\n' },
  { name: 'inline, unbalanced', sends: q('ECHO "a\nPING\n') },
  { name: 'inline, closed in a word', sends: q('ECHO "a"b\nPING\n') },
  { name: 'inline without an end', sends: 'a'.repeat(70_000) },
  { name: 'multibulk count without an end', sends: `*${'1'.repeat(70_000)}` },
  { name: 'bulk length without an end', sends: `*1\r\n$${'1'.repeat(70_000)}` },
  { name: 'HTTP GET', sends: q('GET / HTTP/1.1\nHost: localhost\n\n') },
  { name: 'HTTP POST', sends: q('POST / HTTP/1.1\nHost: localhost\n\nPING\n') },
  { name: 'an empty command name', sends: q('*1\n$0\n\nPING\n') },
  { name: 'QUIT', sends: q('PING\nQUIT now\nPING\n') },
  { name: 'QUIT in a transaction', sends: q('MULTI\nPING\nQUIT\nPING\n') },
  { name: 'RESET', sends: q('CLIENT SETNAME x\nMULTI\nRESET\nEXEC\nCLIENT GETNAME\n') },
  { name: 'HELLO errors', sends: q('HELLO 4\nHELLO x\nHELLO 1\nHELLO 3 FOO\nHELLO 2 SETNAME\nHELLO 2 AUTH a\nGET\n') },
  { name: 'HELLO with wrong names', sends: q('HELLO 3 SETNAME "a b"\nGET\nHELLO 3 AUTH nobody x\nGET nope\n') },
  { name: 'HELLO without a version', sends: q('HELLO foo\nHELLO 3 "foo\\x00bar"\n') },
  {
    name: 'client names',
    sends: q('CLIENT SETNAME ""\nCLIENT GETNAME\nCLIENT SETNAME a\nCLIENT GETNAME\nCLIENT GETNAME x\n'),
  },
  {
    name: 'containers',
    sends: q('CLIENT\nCLIENT nope\nCONFIG\nCONFIG GET\nCOMMAND nope\nCOMMAND COUNT x\nclient id x\n'),
  },
  {
    name: 'COMMAND GETKEYS',
    sends: q('COMMAND GETKEYS\nCOMMAND GETKEYS GET\nCOMMAND GETKEYS MSET a b c d e\nCOMMAND GETKEYS DEL a b\n'),
  },
  { name: 'CONFIG GET', sends: q('CONFIG GET nope\nCONFIG GET save\nCONFIG GET MAXMEMORY\nCONFIG GET databases\n') },
  {
    name: 'a time that has passed',
    sends: q('SET k v PXAT 1\nGET k\nSET k v EXAT 1 GET\nGET k\nSET k v\nGETEX k PXAT 1\nGET k\n'),
  },
  {
    name: 'a time too far',
    sends: q('SET k v PX 9223372036854775807\nEXPIRE k 9223372036854775807\nEXPIREAT k 9223372036854776\n'),
  },
  { name: 'EXEC with errors in it', sends: q('DEL k\nMULTI\nSET k x\nINCR k\nINCRBY k y\nGET k\nEXEC\nDEL k\n') },
  {
    name: 'an aborted transaction',
    sends: q('MULTI\nNOPE\nGET k\nEXEC\nEXEC\nMULTI\nGET\nDISCARD\nMULTI\nEXEC x\nEXEC\n'),
  },
  { name: 'an unknown subcommand aborts', sends: q('MULTI\nCLIENT nope\nEXEC\n') },
  { name: 'a nested MULTI does not abort', sends: q('MULTI\nMULTI\nWATCH a\nPING\nEXEC\n') },
  { name: 'HELLO in a transaction', sends: q('DEL k\nMULTI\nGET k\nHELLO 3 SETNAME\nGET k\nEXEC\nGET k\n') },
  {
    name: 'WATCH, changed by itself',
    sends: q('DEL k\nWATCH k\nSET k 1\nMULTI\nGET k\nEXEC\nMULTI\nGET k\nEXEC\nDEL k\n'),
  },
  {
    name: 'WATCH, dropped',
    sends: q('DEL k\nWATCH k\nSET k 1\nUNWATCH\nMULTI\nGET k\nEXEC\nWATCH k\nINCR k\nDISCARD\nDEL k\n'),
  },
  {
    name: 'WATCH, nothing queued',
    sends: q('DEL k\nWATCH k\nMULTI\nEXEC\nWATCH k\nSET k 1\nMULTI\nPING\nEXEC\nDEL k\n'),
  },
  { name: 'MSETNX with a key twice', sends: q('DEL k\nMSETNX k 1 k 2\nGET k\nMSETNX k 3 k 4\nDEL k\n') },
  { name: 'MSET with a key twice', sends: q('MSET k 1 k 2\nGET k\nMSET k\nMSET k 1 k\nMSETNX k 1 k\nDEL k\n') },
  { name: 'DEL and EXISTS with a key twice', sends: q('SET k 1\nEXISTS k k\nDEL k k\nTOUCH k k\n') },
  {
    name: 'nil in both protocols',
    sends: q('GET k\nMGET k k\nHELLO 3 SETNAME\nSET k v XX\nGETEX k\nGETDEL k\nRANDOMKEY\n'),
  },
]

const commands =
  'get getset getdel setnx setex append strlen getrange setrange incr incrbyfloat expire persist type expiretime ' +
  'multi exec discard watch unwatch echo hello auth select quit reset nope GET client|id'

/** Dialogues whose answers name the connection's number or come in two protocols. */
export const greetings: readonly Dialogue[] = [
  { name: 'HELLO', sends: q('HELLO\nHELLO 3\nHELLO\nHELLO 2 SETNAME me\nCLIENT GETNAME\n') },
  { name: 'HELLO with the default user', sends: q('HELLO 3 AUTH default x SETNAME me\nCLIENT GETNAME\n') },
  { name: 'COMMAND INFO', sends: q(`COMMAND INFO ${commands}\nHELLO 3\nCOMMAND INFO ${commands}\n`) },
  { name: 'COMMAND INFO in RESP3', sends: q('HELLO 3\nCOMMAND INFO get\nCOMMAND DOCS nope\n') },
]

/** Against a server that demands the password `secret` of its only user. */
export const lockedDialogues: readonly Dialogue[] = [
  {
    name: 'nothing before AUTH',
    sends: q('PING\nGET k\nNOPE\nGET\nCLIENT ID\nCLIENT nope\nMULTI\nEXEC\nEXEC x\nQUIT\n'),
  },
  {
    name: 'AUTH',
    sends: q('AUTH wrong\nAUTH default wrong\nAUTH nobody secret\nAUTH a b c\nAUTH secret\nPING\nAUTH wrong\nPING\n'),
  },
  { name: 'AUTH with a name', sends: q('AUTH default secret\nPING\n') },
  { name: 'HELLO before AUTH', sends: q('HELLO\nHELLO 3\nHELLO 3 AUTH default wrong\nPING\n') },
  { name: 'RESET forgets', sends: q('AUTH secret\nRESET\nGET k\n') },
  { name: 'eleven arguments', sends: q('*11\n') },
  { name: 'ten arguments', sends: q(`*10\n${'$1\na\n'.repeat(10)}PING\n`) },
  { name: 'a long argument', sends: q('*2\n$4\nECHO\n$16385\n') },
  { name: 'a long argument after AUTH', sends: q(`AUTH secret\n*2\n$4\nECHO\n$20000\n${'x'.repeat(20_000)}\n`) },
]

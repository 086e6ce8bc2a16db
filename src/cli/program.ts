import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../config/quantity.ts'
import { explainableOperations } from '../routing/explanation.ts'
import { headgateVersion } from '../version.ts'
import { AdminFailure } from './admin-failure.ts'
import type { CliIo } from './cli-io.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import type { StartNode } from './run.ts'

const examples = `
Examples:
  $ headgate run                                     one node with the defaults, data under ./data
  $ headgate run -c shop.yaml --set log.level=debug  with a file, and one option changed
  $ headgate check -c shop.yaml                      what is wrong with it, with line and column
  $ headgate options limits.queueAge                 what an option means and changes
  $ headgate status --watch                          how the running node is
  $ headgate explain read city:paris                 where a read would go, and why
  $ headgate doctor                                  would it run well on this machine?
  $ headgate bench --preload                         put load on it

Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 wrong configuration, 4 nobody answered.
HEADGATE_CONFIG names the file for run, check and doctor where -c does not.
`

const positions = `
COMMITTED is the last write that is durable in the shard's log, APPLIED the last one that the engine has too, FLUSHED the
last one in the engine's own files. FLUSHED stays behind until a segment of the log is full; the log has what is missing.
`

/** Says how one verb ended. Verbs load what they need when they are called: a start must not wait for the others. */
type Verb = (end: (code: ExitCode) => void) => Command

/**
 * Runs one command line (without the program's name) to its end and resolves with the exit code. Never rejects.
 */
export async function runCli(argv: readonly string[], io: CliIo, start: StartNode = startAssembled): Promise<number> {
  let code: number = exitCodes.ok
  const end = (ended: ExitCode) => {
    code = ended
  }
  const program = new Command('headgate')
    .description('A gateway that turns single-node stores into systems that protect and scale themselves.')
    .version(headgateVersion(), '-V, --version')
    .addHelpText('after', examples)
    .showHelpAfterError('(headgate --help lists the commands; headgate COMMAND --help explains one)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
    })
  const verbs: readonly Verb[] = [
    (done) => runVerb(io, start, done),
    (done) => checkVerb(io, done),
    (done) => statusVerb(io, done),
    (done) => explainVerb(io, done),
    (done) => drainVerb(io, done),
    (done) => reloadVerb(io, done),
    (done) => optionsVerb(io, done),
    (done) => doctorVerb(io, done),
  ]
  for (const verb of verbs) program.addCommand(verb(end).copyInheritedSettings(program))
  program.addCommand((await benchVerb(argv, io, end)).copyInheritedSettings(program))
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    return codeOf(error, io)
  }
}

const startAssembled: StartNode = async (settings, options) => {
  const { startNode } = await import('../assemble.ts')
  return startNode(settings, options)
}

function runVerb(io: CliIo, start: StartNode, end: (code: ExitCode) => void): Command {
  return withConfig(new Command('run').description('serve until SIGTERM or Ctrl-C'))
    .addOption(json('also print the addresses as one line of JSON on standard output'))
    .action(async (options) => end(await (await import('./run.ts')).run(options, io, start)))
}

function checkVerb(io: CliIo, end: (code: ExitCode) => void): Command {
  return withConfig(new Command('check').description('say whether a configuration is valid, and what it comes to'))
    .addOption(json())
    .action(async (options) => end(await (await import('./check.ts')).check(options, io)))
}

function statusVerb(io: CliIo, end: (code: ExitCode) => void): Command {
  return withAdmin(new Command('status').description('show how a running node is'))
    .option('-w, --watch', 'again and again, until Ctrl-C')
    .addHelpText('after', positions)
    .addOption(new Option('--interval <time>', 'time between two looks').default(2000, '2s').argParser(interval))
    .addOption(json())
    .action(async (options) => end(await (await import('./status.ts')).status(options, io)))
}

function explainVerb(io: CliIo, end: (code: ExitCode) => void): Command {
  return withAdmin(new Command('explain').description('show where a request would go, and why, without running it'))
    .addArgument(new Argument('<operation>', 'kind of request').choices(explainableOperations))
    .argument('[keys...]', 'keys it is about; of a scan, count or query the prefix, if it has one')
    .addOption(json())
    .action(async (operation, keys, options) =>
      end(await (await import('./explain.ts')).explain(operation, keys, options, io)),
    )
}

function drainVerb(io: CliIo, end: (code: ExitCode) => void): Command {
  return withAdmin(new Command('drain').description('stop a running node: it finishes what runs, then ends'))
    .option('--dry-run', 'only say what runs now')
    .addOption(json())
    .action(async (options) => end(await (await import('./control.ts')).drain(options, io)))
}

function reloadVerb(io: CliIo, end: (code: ExitCode) => void): Command {
  return withAdmin(new Command('reload').description('let a running node read its configuration again'))
    .option('--diff', 'only say what would change')
    .addOption(json())
    .action(async (options) => end(await (await import('./control.ts')).reload(options, io)))
}

function optionsVerb(io: CliIo, end: (code: ExitCode) => void): Command {
  return new Command('options')
    .description('list the options of the configuration, or explain one')
    .argument('[name]', 'an option (limits.queueAge), a section (limits), or the last part of a name (queueAge)')
    .option('--schema', 'print the JSON Schema of the configuration file')
    .addOption(json())
    .action(async (name, options) => end(await (await import('./options.ts')).options(name, options, io)))
}

function doctorVerb(io: CliIo, end: (code: ExitCode) => void): Command {
  return withConfig(new Command('doctor').description('say whether Headgate would run well on this machine'))
    .addOption(json())
    .action(async (options) => end(await (await import('./doctor.ts')).doctor(options, io)))
}

/** The load generator is loaded only if the command line names it; otherwise a line in the list stands for it. */
async function benchVerb(argv: readonly string[], io: CliIo, end: (code: ExitCode) => void): Promise<Command> {
  if (!argv.includes('bench')) return new Command('bench').description('put load on a gateway and measure it')
  const { benchCommand } = await import('./bench.ts')
  return benchCommand({
    stdout: io.stdout,
    stderr: io.stderr,
    set exitCode(code: number) {
      end(code as ExitCode)
    },
  })
}

function withConfig(command: Command): Command {
  const collect = (value: string, earlier: readonly string[]) => [...earlier, value]
  return command
    .option('-c, --config <file>', 'configuration file (YAML); without one, the defaults')
    .addOption(new Option('--set <name=value>', 'override one option; repeatable').default([], '').argParser(collect))
}

function withAdmin(command: Command): Command {
  return command
    .option('--admin <url>', 'admin port of the node, a URL or HOST:PORT', 'http://127.0.0.1:7402')
    .option('--token-file <file>', 'file that holds the token of a client with the role admin')
}

function json(text = 'print JSON'): Option {
  return new Option('--json', text)
}

function interval(text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined && ms >= 100) return ms
  throw new InvalidArgumentError('It must be a duration of at least 100ms, like 2s.')
}

function codeOf(error: unknown, io: CliIo): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  if (error instanceof AdminFailure) {
    io.stderr.write(`error: ${error.message}\n`)
    return error.exitCode
  }
  io.stderr.write(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return exitCodes.failed
}

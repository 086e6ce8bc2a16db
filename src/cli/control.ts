import { type AdminOptions, postAdmin } from './admin-client.ts'
import type { CliIo } from './cli-io.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { humanCount } from './human.ts'

export interface DrainOptions extends AdminOptions {
  readonly json?: true
  readonly dryRun?: true
}

export interface ReloadOptions extends AdminOptions {
  readonly json?: true
  readonly diff?: true
}

/** Answer of `POST /v1/drain`. */
interface DrainAnswer {
  readonly already: boolean
  readonly inFlight: number
  readonly connections: number
}

/** Answer of `POST /v1/reload`: names of options. */
interface ReloadAnswer {
  readonly applied: readonly string[]
  readonly needsRestart: readonly string[]
  readonly fixed: readonly string[]
}

/** `headgate drain`: the node finishes what runs and ends. Does not wait for the end. */
export async function drain(options: DrainOptions, io: CliIo): Promise<ExitCode> {
  const dryRun = options.dryRun === true
  const answer = await postAdmin<DrainAnswer>(options, `/v1/drain${dryRun ? '?dryRun=true' : ''}`)
  const { already, inFlight, connections } = answer
  const requests = inFlight === 1 ? '1 request runs or waits' : `${humanCount(inFlight)} requests run or wait`
  const open = connections === 1 ? '1 connection is open' : `${humanCount(connections)} connections are open`
  const what = already ? 'it drains already' : dryRun ? 'it would drain' : 'it drains and ends'
  print(answer, options, `${what}: ${requests}, ${open}\n`, io)
  return exitCodes.ok
}

/** `headgate reload`: the node reads its configuration again; says what is in force now, and what is not. */
export async function reload(options: ReloadOptions, io: CliIo): Promise<ExitCode> {
  const diff = options.diff === true
  const answer = await postAdmin<ReloadAnswer>(options, `/v1/reload${diff ? '?dryRun=true' : ''}`)
  const { applied, needsRestart, fixed } = answer
  const lines = [
    ...(applied.length === 0 ? [] : [`${diff ? 'would be taken over' : 'taken over'}  ${applied.join(', ')}`]),
    ...(needsRestart.length === 0 ? [] : [`needs a restart  ${needsRestart.join(', ')}`]),
    ...(fixed.length === 0 ? [] : [`fixed for this data  ${fixed.join(', ')}`, meaningOfFixed]),
  ]
  print(answer, options, `${lines.length === 0 ? 'nothing has changed' : lines.join('\n')}\n`, io)
  return exitCodes.ok
}

const meaningOfFixed =
  '  put the old value back: with the new one the node will not start on this data (it needs another node.dataDir)'

function print(answer: unknown, options: { readonly json?: true }, text: string, io: CliIo): void {
  io.stdout.write(options.json === true ? `${JSON.stringify(answer, undefined, 2)}\n` : text)
}

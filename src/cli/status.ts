import type { Status } from '../admin/status-shape.ts'
import { type AdminOptions, getAdmin } from './admin-client.ts'
import { AdminFailure } from './admin-failure.ts'
import { type CliIo, pause } from './cli-io.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { statusText } from './status-text.ts'

export interface StatusOptions extends AdminOptions {
  readonly json?: true
  readonly watch?: true
  /** Between two looks of `--watch`. */
  readonly interval: number
}

/** The screen alone: what has scrolled out of it is not ours. */
const clearScreen = '\u001b[H\u001b[2J'

/** `headgate status`: how the node is, once or again and again until a signal. */
export async function status(options: StatusOptions, io: CliIo): Promise<ExitCode> {
  print(await ask(options), options, io)
  while (options.watch === true && (await pause(io, options.interval)) === undefined) {
    try {
      print(await ask(options), options, io)
    } catch (error) {
      // A node that is away may come back: say so and go on.
      if (!(error instanceof AdminFailure)) throw error
      io.stderr.write(`${error.message}\n`)
    }
  }
  return exitCodes.ok
}

function ask(options: StatusOptions): Promise<Status> {
  return getAdmin<Status>(options, '/v1/status')
}

function print(answer: Status, options: StatusOptions, io: CliIo): void {
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify(answer, undefined, options.watch === true ? undefined : 2)}\n`)
    return
  }
  const before = options.watch !== true ? '' : io.stdout.isTTY === true ? clearScreen : '\n'
  io.stdout.write(`${before}${statusText(answer)}`)
}

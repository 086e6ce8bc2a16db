#!/usr/bin/env node
import { processIo } from './cli/cli-io.ts'
import { runCli } from './cli/program.ts'

// A reader that has seen enough (`headgate options | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})
process.exitCode = await runCli(process.argv.slice(2), processIo)
// If something left behind keeps the process alive, it ends nevertheless, with what it has.
processIo.runtime.timers.after(2000, () => process.exit())

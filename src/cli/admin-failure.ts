import type { ExitCode } from './exit-codes.ts'

/** Why an answer of the admin port did not come; the message is a sentence for a person. */
export class AdminFailure extends Error {
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}

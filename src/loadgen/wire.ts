/** `miss`: a read that found nothing, which is a success. `shed`: refused for overload or rate. */
export type AnswerClass = 'ok' | 'miss' | 'shed' | 'error'

/** Called once for each answer, in order. `detail` names the reason of a `shed` or the code of an `error`. */
export type AnswerSink = (answer: AnswerClass, detail: string) => void

/** One protocol as the generator speaks it. Requests are latin1 text. */
export interface Wire {
  /** Sent first on every connection and answered by exactly one answer; empty if there is nothing to say. */
  readonly greeting: string
  read(key: string): string
  write(key: string, value: string): string
  parser(sink: AnswerSink): AnswerParser
}

export interface AnswerParser {
  /** Takes bytes as they come, cut anywhere. Throws an Error when they are not this protocol. */
  push(chunk: Buffer): void
}

/** One system call that has ended, as strace shows it with `-f -y`. */
export interface SystemCall {
  readonly name: string
  /** What the descriptor stands for: a path, or `pipe:[...]`. */
  readonly target: string
  /** The bytes written, escaped as strace escapes them; empty for others. */
  readonly data: string
  readonly result: number
  /** Places in the trace: of where the call began and where it ended. */
  readonly began: number
  readonly ended: number
}

const callPattern = /^(\w+)\(\d+<([^>]*)>(?:, "((?:[^"\\]|\\.)*)"(?:\.\.\.)?)?.*\)\s+= (-?\d+)/
const unfinishedPattern = /^(\d+)\s+(.*) <unfinished \.\.\.>$/
const resumedPattern = /^(\d+)\s+<\.\.\. \w+ resumed>(.*)$/

/** The calls on descriptors in a trace, in the order in which they ended. */
export function parseTrace(trace: string): SystemCall[] {
  const begun = new Map<string, { readonly text: string; readonly place: number }>()
  const calls: SystemCall[] = []
  for (const [place, line] of trace.split('\n').entries()) {
    const unfinished = unfinishedPattern.exec(line)
    if (unfinished !== null) {
      begun.set(unfinished[1]!, { text: unfinished[2]!, place })
      continue
    }
    const resumed = resumedPattern.exec(line)
    const start = resumed === null ? undefined : begun.get(resumed[1]!)
    const text = start === undefined ? line.replace(/^\d+\s+/, '') : start.text + resumed![2]!
    const match = callPattern.exec(text)
    if (match === null) continue
    const [, name, target, data = '', result] = match
    calls.push({
      name: name!,
      target: target!,
      data,
      result: Number(result),
      began: start?.place ?? place,
      ended: place,
    })
  }
  return calls
}

/** Times of one processor since the machine started, in ticks. */
export interface ProcessorTimes {
  /** Everything but idle, including what the host took away. */
  readonly busy: number
  readonly interrupts: number
}

/** One processor of `/proc/stat` (proc(5)). Throws if it is not there. */
export function parseProcessorTimes(text: string, cpu: number): ProcessorTimes {
  const line = text.split('\n').find((each) => each.startsWith(`cpu${cpu} `))
  if (line === undefined) throw new Error(`there is no processor ${cpu}`)
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(/\s+/).slice(1).map(Number)
  return { busy: user + nice + system + irq + softirq + steal, interrupts: irq + softirq }
}

/** User and system time of a process with all its threads, in ticks, from `/proc/PID/stat` (proc(5)). */
export function parseTaskTimes(text: string): number {
  // The name in parentheses may hold spaces and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** Whether `/proc/PID/stat` is that of a thread of the kernel: a child of kthreadd, which is process 2. */
export function isKernelThread(text: string): boolean {
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[1] === '2'
}

/** Anonymous resident memory in bytes, from `/proc/PID/status` (proc(5)): heap and buffers, not pages of files. */
export function parseAnonymousBytes(text: string): number {
  const match = /^RssAnon:\s+(\d+) kB$/m.exec(text)
  if (match === null) throw new Error('no RssAnon in the status of the process')
  return Number(match[1]) * 1024
}

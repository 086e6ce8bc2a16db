import type { NodeProcess } from '../../process/node-process.ts'
import { askAdmin } from './honest-traffic.ts'

export interface WatchReport {
  /** Anonymous memory at most; 0 where the system does not tell. */
  readonly anonymousBytes: number
  /** Some seconds behind the attack. */
  readonly anonymousAfterBytes: number
  /** How late the node's event loop came round at worst, and in 99 of 100 cases. */
  readonly loopDelayMaxMs: number
  readonly loopDelayP99Ms: number
  /** From the end of the attack until `/readyz` answered 200; undefined: never. */
  readonly readyMs: number | undefined
  /** Processor time of the node, in milliseconds. */
  readonly cpuMs: number
  readonly exitCode: number | string
  readonly problems: readonly string[]
}

const sampleMs = 50
const settleMs = 1000

/** Watches a node from outside while it is attacked. */
export class NodeWatch {
  private readonly node: NodeProcess
  private readonly source: string
  private readonly timer: NodeJS.Timeout
  private readonly cpuBefore: number
  private mostBytes = 0

  constructor(node: NodeProcess, source: string) {
    this.node = node
    this.source = source
    this.cpuBefore = node.cpuMs() ?? 0
    this.timer = setInterval(() => this.sample(), sampleMs)
    this.sample()
  }

  /** Reads what the node says about itself, stops it, and reports. */
  async stop(readyMs: number | undefined): Promise<WatchReport> {
    const { node } = this
    const problems: string[] = []
    const cpuMs = (node.cpuMs() ?? 0) - this.cpuBefore
    const wasAlive = node.alive
    if (readyMs === undefined) problems.push(wasAlive ? '/readyz did not answer 200 any more' : 'the node died')
    const { body } = await askAdmin(node.addresses.admin, '/metrics', this.source)
    const internal = sumOf(body, /^headgate_requests_total\{[^}]*outcome="internal"[^}]*\} (\S+)$/gm)
    const delays = loopDelaysIn(body)
    if (body !== '' && Number.isNaN(delays.loopDelayMaxMs))
      problems.push('/metrics does not tell how late the loop was')
    if (internal > 0) problems.push(`${internal} requests ended with an internal error`)
    await new Promise((resolve) => setTimeout(resolve, settleMs))
    const anonymousAfterBytes = node.anonymousBytes() ?? 0
    clearInterval(this.timer)
    const exitCode = await node.stop()
    if (exitCode !== 0) problems.push(`the node ended with ${exitCode}: ${node.lines.slice(-3).join(' | ')}`)
    problems.push(...node.lines.filter((line) => /"level":"(error|fatal)"/.test(line)).slice(0, 3))
    return {
      anonymousBytes: this.mostBytes,
      anonymousAfterBytes,
      ...delays,
      readyMs,
      cpuMs,
      exitCode,
      problems,
    }
  }

  private sample(): void {
    this.mostBytes = Math.max(this.mostBytes, this.node.anonymousBytes() ?? 0)
  }
}

/** NaN where the metrics do not tell. */
export function loopDelaysIn(metrics: string): Pick<WatchReport, 'loopDelayMaxMs' | 'loopDelayP99Ms'> {
  const delay = (stat: string): number => {
    const found = new RegExp(`^headgate_event_loop_delay_seconds\\{stat="${stat}"\\} (\\S+)$`, 'm').exec(metrics)
    return 1000 * Number(found?.[1] ?? Number.NaN)
  }
  return { loopDelayMaxMs: delay('max'), loopDelayP99Ms: delay('p99') }
}

function sumOf(metrics: string, pattern: RegExp): number {
  let sum = 0
  for (const match of metrics.matchAll(pattern)) sum += Number(match[1])
  return sum
}

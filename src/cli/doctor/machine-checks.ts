import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import type { Settings } from '../../config/settings.ts'
import type { Clock } from '../../runtime/clock.ts'
import { fileShares } from '../../runtime/file-limit.ts'
import type { Timers } from '../../runtime/timers.ts'
import { humanBytes, humanCount } from '../human.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const leastNode = [20, 19] as const
/** Files of the process itself (libraries, ports, coordination), and of one shard: engine, log, spares. */
const ownFiles = 48
const filesPerShard = 16

/** `version` as in `process.versions.node`. */
export function checkNodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const enough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])
  if (enough) return ok('node', `Node.js ${version}`)
  return fail('node', `Node.js ${version}`, `Headgate needs ${leastNode.join('.')} or later: install a newer Node.js`)
}

/** `limits` is the text of /proc/self/limits, undefined where there is none. */
export function checkOpenFiles(limits: string | undefined, settings: Settings): Finding {
  const { maxConnections } = settings.limits
  const name = 'open files'
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits ?? '')?.[1]
  if (soft === undefined) return warn(name, 'the limit cannot be read here', 'see that `ulimit -n` is at least 65536')
  if (soft === 'unlimited') return ok(name, 'no limit')
  const needed = ownFiles + filesPerShard * settings.sharding.shards
  const least = Math.ceil(needed / (1 - fileShares.data - fileShares.admin))
  if (Number(soft) < least) {
    const short = `limit ${humanCount(Number(soft))}, too few for ${settings.sharding.shards} shards: writes may stop`
    const enough = Math.max(least, Math.ceil(maxConnections / fileShares.data))
    return warn(name, short, `raise the limit to ${enough} (ulimit -n, or LimitNOFILE in systemd)`)
  }
  const served = Math.min(maxConnections, Math.floor(Number(soft) * fileShares.data))
  const detail = `limit ${humanCount(Number(soft))}, enough for ${humanCount(served)} connections`
  if (served >= maxConnections) return ok(name, detail)
  const wanted = `limits.maxConnections is ${humanCount(maxConnections)}`
  return warn(
    name,
    detail,
    `${wanted}: raise the limit to ${maxConnections * 2} (ulimit -n, or LimitNOFILE in systemd)`,
  )
}

/** Whether the bounds of the settings fit into `total` bytes of memory. */
export function checkMemory(total: number, { limits, store }: Settings): Finding {
  // A merge and a backlog can be full at the same time; everything else is small beside them.
  const merging = limits.mergeBudgetBytes * Math.min(limits.maxScans, 8)
  const bound = store.backlogBytes + merging + limits.bodyBudgetBytes + 256 * 1024 ** 2
  const detail = `${humanBytes(total)}, ${availableParallelism()} processors`
  if (bound < total * 0.75) return ok('memory', detail)
  return warn(
    'memory',
    detail,
    `under load Headgate may use ${humanBytes(bound)}: lower store.backlog or limits.mergeBudget`,
  )
}

/** Whether wall clock and monotonic clock agree over a moment, and the wall clock is no factory default. */
export async function checkClock(
  { clock, timers }: { readonly clock: Clock; readonly timers: Pick<Timers, 'after'> },
  hold: () => () => void,
): Promise<Finding> {
  const [wall, steady] = [clock.wallMs(), clock.now()]
  const release = hold()
  await new Promise<void>((resolve) => timers.after(200, resolve))
  release()
  const drift = Math.abs(clock.wallMs() - wall - (clock.now() - steady))
  const at = new Date(wall).toISOString()
  if (wall < Date.UTC(2025, 0, 1)) return fail('clock', `says ${at}`, 'set the clock: expiry times depend on it')
  if (drift > 50)
    return warn('clock', `jumps (${Math.round(drift)} ms in 0.2 s)`, 'let NTP slew it instead of stepping it')
  return ok('clock', `${at}, steady`)
}

/** Settings of the Linux kernel that hurt databases; none elsewhere. */
export function checkKernel(read: (path: string) => string | undefined = readText): readonly Finding[] {
  const findings: Finding[] = []
  const pages = /\[(\w+)\]/.exec(read('/sys/kernel/mm/transparent_hugepage/enabled') ?? '')?.[1]
  if (pages === 'always') {
    const advice = 'pauses and memory grow: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled'
    findings.push(warn('huge pages', 'transparent huge pages are always on', advice))
  } else if (pages !== undefined) {
    findings.push(ok('huge pages', `transparent huge pages: ${pages}`))
  }
  const overcommit = read('/proc/sys/vm/overcommit_memory')?.trim()
  if (overcommit === '2') {
    const advice = 'maps of the engine count as memory in use: sysctl vm.overcommit_memory=0'
    findings.push(warn('overcommit', 'vm.overcommit_memory is 2', advice))
  } else if (overcommit !== undefined) {
    findings.push(ok('overcommit', `vm.overcommit_memory is ${overcommit}`))
  }
  return findings
}

export function machineChecks(settings: Settings): readonly Finding[] {
  return [checkOpenFiles(readText('/proc/self/limits'), settings), checkMemory(totalmem(), settings), ...checkKernel()]
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

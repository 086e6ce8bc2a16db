import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '../../../src/runtime/random.ts'
import type { Addresses } from '../../process/node-process.ts'
import { notShown, Tally, type TallyReport } from './attack.ts'
import { attacksNamed } from './attack-list.ts'

export interface AttackOrder {
  readonly attacks: readonly string[]
  readonly addresses: Addresses
  readonly sources: readonly string[]
  readonly seconds: number
  readonly scale: number
  readonly seed: number
  /** Whether an attack goes on for longer, a few times at most, until it has been seen to do what it is for. */
  readonly mustShow: boolean
}

/** A busy machine may not show within `seconds` what it shows within more of them. */
const mostRounds = 4

/** Name of an attack to what it got. */
export type AttackerReport = Readonly<Record<string, TallyReport>>

/** How an attacking process is told apart from the campaign that starts it. */
export const attackerFlag = '--attacker'
/** After the deadline an attack waits for its last answers. */
const graceMs = 20_000

/** Runs attacks at the same time in this process. */
export async function attack(order: AttackOrder): Promise<AttackerReport> {
  const { addresses, sources, scale, seconds, seed, mustShow } = order
  const chosen = attacksNamed(order.attacks)
  const reports = chosen.map(async (each, i) => {
    const tally = new Tally()
    const random = seededRandom(seed + i)
    let rounds = 0
    do {
      const deadline = performance.now() + seconds * 1000
      await each.run({ addresses, sources, scale, deadline, tally, random })
    } while (mustShow && notShown(each, tally.report()).length > 0 && ++rounds < mostRounds)
    return [each.name, tally.report()] as const
  })
  return Object.fromEntries(await Promise.all(reports))
}

/**
 * Runs attacks in a process of its own: what they cost there does not disturb the measurement here. Rejects if that
 * process fails or does not come to an end.
 */
export async function attackFromOutside(order: AttackOrder): Promise<AttackerReport> {
  const child = fork(attackerProgram(), [attackerFlag], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  // Attackers have machines of their own: here they take what the node and the honest clients leave of the processors.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL)
  try {
    return await reportOf(child, order)
  } finally {
    child.kill('SIGKILL')
  }
}

/** This side of `attackFromOutside`: takes one order from the parent process. */
export async function serveAsAttacker(): Promise<void> {
  const [order] = (await once(process, 'message')) as [AttackOrder]
  const report = await attack(order)
  await new Promise((resolve) => process.send?.(report, resolve))
  process.disconnect()
}

/** `scripts/abuse.ts`, or what it was compiled to. */
function attackerProgram(): string {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`../../abuse.${ending}`, import.meta.url))
}

function reportOf(child: ChildProcess, order: AttackOrder): Promise<AttackerReport> {
  return new Promise((resolve, reject) => {
    const limitMs = (order.mustShow ? mostRounds : 1) * (order.seconds * 1000 + graceMs)
    const timer = setTimeout(() => reject(new Error(`the attackers did not end within ${limitMs} ms`)), limitMs)
    child.on('message', (report) => {
      clearTimeout(timer)
      resolve(report as AttackerReport)
    })
    child.on('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the attackers ended with ${code}`))
    })
    child.send(order)
  })
}

import { textTable } from '../../../bench/report/text-table.ts'
import type { AbuseResult, AttackResult } from './campaign.ts'

const header = ['attack', 'honest ok', 'p50 ms', 'p99 ms', 'anon MiB', 'after', 'loop max ms', 'ready ms', 'result']
const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)

export function summary({ results, ok }: AbuseResult): string {
  const table = textTable(header, results.map(rowOf))
  const got = results.flatMap(gotOf)
  const failed = results.flatMap(({ name, failures }) => failures.map((failure) => `${name}: ${failure}`))
  return [table, '', 'what the attackers got', ...got, '', ...failed, ok ? 'passed' : 'FAILED'].join('\n')
}

function rowOf({ name, honest, node, failures }: AttackResult): readonly string[] {
  return [
    name,
    `${(100 * honest.successRate).toFixed(2)} %`,
    honest.p50Ms.toFixed(1),
    honest.p99Ms.toFixed(1),
    mebibytes(node.anonymousBytes),
    mebibytes(node.anonymousAfterBytes),
    node.loopDelayMaxMs.toFixed(0),
    node.readyMs?.toFixed(0) ?? 'never',
    failures.length === 0 ? 'passed' : 'FAILED',
  ]
}

function gotOf({ name, got }: AttackResult): readonly string[] {
  return Object.entries(got).map(([attack, { outcomes }]) => {
    const counts = Object.entries(outcomes).map(([outcome, count]) => `${outcome} ${count}`)
    return `  ${name === attack ? name : `${name}, ${attack}`}: ${counts.join(', ')}`
  })
}

import {
  type ExplainableOperation,
  type ExplainedStep,
  type Explanation,
  isRangeOperation,
} from '../routing/explanation.ts'
import { type AdminOptions, getAdmin } from './admin-client.ts'
import type { CliIo } from './cli-io.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { tableLines } from './table.ts'

export interface ExplainOptions extends AdminOptions {
  readonly json?: true
}

/** `headgate explain OP KEY...`: where a request would go now, and why; nothing is run. A range's key is its prefix. */
export async function explain(
  operation: ExplainableOperation,
  keys: readonly string[],
  options: ExplainOptions,
  io: CliIo,
): Promise<ExitCode> {
  const wrong = wrongKeys(operation, keys.length)
  if (wrong !== undefined) {
    io.stderr.write(`error: explain ${operation} ${wrong}\n`)
    return exitCodes.usage
  }
  const query = [`op=${operation}`, ...keys.map((key) => `key=${encodeURIComponent(key)}`)].join('&')
  const explanation = await getAdmin<Explanation>(options, `/v1/explain?${query}`)
  io.stdout.write(
    options.json === true ? `${JSON.stringify(explanation, undefined, 2)}\n` : explanationText(explanation),
  )
  return exitCodes.ok
}

function wrongKeys(operation: ExplainableOperation, count: number): string | undefined {
  if (!isRangeOperation(operation)) return count === 0 ? 'needs at least one key' : undefined
  return count > 1 ? `takes one prefix, or none for all records; not ${count}` : undefined
}

function explanationText(explanation: Explanation): string {
  const { operation, keys, plan, notes } = explanation
  const lines: string[] = []
  if (keys.length > 0) {
    const columns = [
      {
        title: isRangeOperation(operation) ? 'PREFIX' : 'KEY',
        cell: (key: Explanation['keys'][number]) => key.key ?? `base64:${key.keyBase64 ?? ''}`,
      },
      { title: 'TAG', cell: (key: Explanation['keys'][number]) => key.tag },
      { title: 'SLOT', right: true as const, cell: (key: Explanation['keys'][number]) => `${key.slot}` },
      { title: 'BUCKET', right: true as const, cell: (key: Explanation['keys'][number]) => `${key.bucket}` },
    ]
    lines.push(...tableLines(columns, keys), '')
  }
  lines.push(`${operation} in ${plan.steps.length === 1 ? 'one step' : `${plan.steps.length} steps`}: ${plan.reason}`)
  for (const [index, step] of plan.steps.entries()) lines.push(`  ${index + 1}. ${stepText(step, explanation)}`)
  const merge = plan.merge === 'one' ? 'nothing to merge' : `answers are merged: ${plan.merge}`
  lines.push(
    `  ${merge}; if a step fails: ${plan.onFailure === 'leave-out' ? 'its shard is left out' : 'the request fails'}`,
  )
  for (const note of notes) lines.push(`note: ${note}`)
  return `${lines.join('\n')}\n`
}

function stepText({ shard, role, nodes, keys }: ExplainedStep, explanation: Explanation): string {
  const carried = keys?.map((index) => explanation.keys[index]?.key ?? '?').join(', ')
  const what = carried === undefined ? '' : `, for ${carried}`
  return `shard ${shard}, ${role}, on ${nodes.join(' or ')}${what}`
}

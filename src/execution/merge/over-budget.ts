import { GatewayError } from '../../errors.ts'

export function mergeOverBudget(budgetBytes: number): GatewayError {
  return new GatewayError(
    'result-too-large',
    `Merging the shards' answers takes more than ${budgetBytes} bytes; ask for less at a time`,
  )
}

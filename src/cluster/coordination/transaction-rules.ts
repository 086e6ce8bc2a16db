import { CoordinatorError, type Transaction, type TransactionOp } from './coordinator.ts'

/** etcd's own default limit (`--max-txn-ops`), kept so that nobody builds on more. */
export const maxTransactionOps = 128
const maxTransactionBytes = 1024 * 1024

const keyPattern = /^[\x21-\x7e]{1,512}$/
const prefixPattern = /^[\x21-\x7e]{0,512}$/

export function checkKey(key: string): void {
  if (!keyPattern.test(key)) refuse('a key is 1..512 printable ASCII characters')
}

export function checkPrefix(prefix: string): void {
  if (!prefixPattern.test(prefix)) refuse('a prefix is 0..512 printable ASCII characters')
}

/** @throws CoordinatorError `invalid` if the transaction breaks a rule, whatever the state. */
export function checkTransaction(transaction: Transaction): void {
  if (transaction.compare.length > maxTransactionOps) refuse(`more than ${maxTransactionOps} comparisons`)
  for (const compare of transaction.compare) checkKey(compare.key)
  checkOps(transaction.success)
  checkOps(transaction.failure ?? [])
}

function checkOps(ops: readonly TransactionOp[]): void {
  if (ops.length > maxTransactionOps) refuse(`more than ${maxTransactionOps} operations`)
  const puts = new Set<string>()
  let bytes = 0
  for (const op of ops) {
    if ('key' in op) checkKey(op.key)
    else checkPrefix(op.prefix)
    if (op.op !== 'put') continue
    if (puts.has(op.key)) refuse(`key ${op.key} is put twice`)
    puts.add(op.key)
    bytes += op.key.length + op.value.length
  }
  if (bytes > maxTransactionBytes) refuse(`more than ${maxTransactionBytes} bytes`)
  for (const op of ops) {
    if (op.op === 'delete' && puts.has(op.key)) refuse(`key ${op.key} is put and deleted`)
    if (op.op === 'delete-range' && [...puts].some((key) => key.startsWith(op.prefix)))
      refuse(`a key under ${op.prefix} is put and deleted`)
  }
}

function refuse(message: string): never {
  throw new CoordinatorError('invalid', message)
}

import type { KeysBody } from '../../operation/body.ts'
import type { Handler, Operation } from '../../operation/operation.ts'
import { type KeysContext, KeysTask, keysPerEntry } from './keys-task.ts'
import type { SliceScheduler } from './range/slices.ts'

/** Executes operations on lists of keys: short ones at once, long ones in slices beside the work of others. */
export class KeyLists {
  readonly #context: KeysContext
  readonly #slices: SliceScheduler | undefined

  /** Without `slices` even long lists are executed at once. */
  constructor(context: KeysContext, slices: SliceScheduler | undefined) {
    this.#context = context
    this.#slices = slices
  }

  /** False if it goes on in later turns. */
  execute(body: KeysBody, operation: Operation, handler: Handler): boolean {
    const task = new KeysTask(this.#context, body, operation, handler)
    if (this.#slices === undefined || body.keys.length <= keysPerEntry) return task.slice(Number.POSITIVE_INFINITY)
    this.#slices.add(task)
    return task.done
  }
}

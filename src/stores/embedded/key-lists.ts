import type { KeysBody } from '../../operation/body.ts'
import type { Handler, Operation } from '../../operation/operation.ts'
import { type KeysContext, KeysTask, keysPerEntry } from './keys-task.ts'
import { Asker } from './range/asker.ts'
import type { SliceScheduler } from './range/slices.ts'
import { needsOfKeys, type ReadAhead } from './read-ahead.ts'

/** Executes operations on lists of keys: small ones at once, large ones in slices beside the work of others. */
export class KeyLists {
  readonly #context: KeysContext
  readonly #slices: SliceScheduler
  readonly #engineWaits: boolean

  /** `engineWaits`: the engine cannot answer at once, so what a short list looks at was fetched before, for one turn. */
  constructor(context: KeysContext, slices: SliceScheduler, engineWaits: boolean) {
    this.#context = context
    this.#slices = slices
    this.#engineWaits = engineWaits
  }

  /** False if it goes on in later turns. */
  execute(body: KeysBody, operation: Operation, handler: Handler): boolean {
    const task = new KeysTask(this.#context, body, new Asker(operation, handler))
    if (body.keys.length > keysPerEntry) this.#slices.add(task)
    else if (this.#engineWaits) task.finish()
    // One step, unless its values are large.
    else if (!task.advance()) this.#slices.addBegun(task)
    return task.done
  }

  /** The same for a long list and an engine that cannot answer at once: what an entry looks at is read before it. */
  executeFetched(readAhead: ReadAhead, body: KeysBody, operation: Operation, handler: Handler): void {
    const task = new KeysTask(this.#context, body, new Asker(operation, handler))
    task.park()
    const goOn = (): void => {
      readAhead.queue(needsOfKeys(body.kind, task.nextKeys()), (complete) => {
        try {
          if (!complete) task.refuse(this.#context.evaluation.recordsTooLarge)
          else if (!task.advance()) goOnWithRoom()
        } catch (thrown) {
          task.fail(thrown as Error)
        }
      })
    }
    const goOnWithRoom = (): void => {
      const room = task.room()
      if (room === undefined) goOn()
      else void room.then(goOn)
    }
    goOn()
  }
}

import type { Runtime } from '../../../runtime/runtime.ts'
import { RecordOrder } from './memory-records.ts'
import type { SlabMemory } from './slab-memory.ts'

/** Slots looked at between two looks at the clock. */
const slotsPerStep = 64
/** How long building keeps the event loop each time. */
const sliceMs = 1

/**
 * The key order of the memory engine. Point reads and writes do not need it, so it is built when the first walk comes,
 * in slices; from the start of that on the engine reports every change, so that records may come, go and move meanwhile.
 */
export class MemoryOrder {
  private readonly memory: SlabMemory
  private readonly runtime: Runtime
  private building: Promise<void> | undefined
  private stopped = false
  /** Undefined until someone needs it. */
  records: RecordOrder | undefined
  complete = false

  constructor(memory: SlabMemory, runtime: Runtime) {
    this.memory = memory
    this.runtime = runtime
  }

  /** Resolves when the order is complete. */
  build(): Promise<void> {
    this.building ??= this.buildInSlices()
    return this.building
  }

  /** Ends a build that is under way. */
  stop(): void {
    this.stopped = true
  }

  private async buildInSlices(): Promise<void> {
    const { clock, timers } = this.runtime
    const records = new RecordOrder(this.memory)
    this.records = records
    const add = (ref: number): void => records.add(ref)
    let until = clock.now() + sliceMs
    for (let number = 0; number < this.memory.slabs.length; number++) {
      const slots = this.memory.slabs[number]?.unused ?? 0
      for (let slot = 0; slot < slots; slot += slotsPerStep) {
        if (clock.now() >= until) {
          await new Promise<void>((resolve) => timers.soon(resolve))
          if (this.stopped) throw new Error('the memory engine was closed')
          until = clock.now() + sliceMs
        }
        this.memory.forEachLive(number, slot, slot + slotsPerStep, add)
      }
    }
    this.complete = true
  }
}

import { test } from 'node:test'
import type { BodyKind } from '../../../src/operation/body.ts'
import type { Clock } from '../../../src/runtime/clock.ts'
import type { Store, StoreCapabilities } from '../../../src/stores/store.ts'
import { StoreClient } from './store-client.ts'

/** What the suite needs of a store under test. Every case uses keys of its own. */
export interface StoreHarness {
  /** Open. */
  readonly store: Store
  readonly shard: number
  readonly node: string
  readonly clock: Clock
  readonly maxValueBytes: number
  /** Where the store remembers outcomes. */
  readonly idempotency?: { readonly ttlMs: number; readonly maxEntries: number }
  /** Lets time pass, and what falls due then be done. */
  elapse(ms: number): Promise<void>
  /** Stops the store and starts it again on the same data, replacing `store`; left out where it is not durable. */
  restart?(): Promise<void>
  dispose(): Promise<void>
}

export interface StoreUnderTest {
  readonly name: string
  /** What the store says of itself; decides which cases run. */
  readonly capabilities: StoreCapabilities
  open(): Promise<StoreHarness>
}

/** What a case works with. */
export interface CaseContext {
  readonly capabilities: StoreCapabilities
  readonly client: StoreClient
  readonly harness: StoreHarness
  /** A key nobody else uses; all of one case begin with its `prefix`. */
  key(name?: string): string
  readonly prefix: string
}

export type Case = (context: CaseContext) => Promise<void>

/** Registers cases of one store. */
export interface CaseRegister {
  readonly capabilities: StoreCapabilities
  /** Runs `run` if the store executes all of `kinds`. */
  on(kinds: readonly BodyKind[], name: string, run: Case): void
}

const caseTimeoutMs = 30_000
let cases = 0

export function registerFor(under: StoreUnderTest, opened: () => StoreHarness): CaseRegister {
  const { capabilities } = under
  return {
    capabilities,
    on(kinds, name, run) {
      if (!kinds.every((kind) => capabilities.bodies.has(kind))) return
      const prefix = `case-${++cases}/`
      test(name, { timeout: caseTimeoutMs }, async () => {
        const harness = opened()
        const client = new StoreClient(() => harness.store.session(harness.shard, harness.node))
        const key = (own = 'key') => prefix + own
        // An answer that never comes should fail this case, not end the process.
        const alive = setInterval(() => {}, caseTimeoutMs)
        try {
          await run({ capabilities, client, harness, key, prefix })
          await checkClient(client)
        } finally {
          clearInterval(alive)
        }
      })
    },
  }
}

/** Answers that come twice come soon. */
async function checkClient(client: StoreClient): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
  if (client.pending > 0) throw new Error(`${client.pending} operations were never answered`)
  if (client.violations.length > 0) throw new Error(client.violations.join('\n'))
}

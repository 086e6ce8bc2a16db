import { after, before, describe } from 'node:test'
import type { Coordinator } from '../../../src/cluster/coordination/coordinator.ts'
import { compactionCases } from './compaction-cases.ts'
import { durabilityCases } from './durability-cases.ts'
import { leaseCases } from './lease-cases.ts'
import { modelCases } from './model-cases.ts'
import { transactionCases } from './transaction-cases.ts'
import { watchCases } from './watch-cases.ts'

/** What the suite needs of an implementation under test. Every case uses keys of its own. */
export interface Harness {
  readonly coordinator: Coordinator
  /** Lets lease time pass, virtual where possible. */
  elapse(ms: number): Promise<void>
  /** Shortest TTL worth testing with. */
  readonly ttlMs: number
  /** Runs of the random test; fewer where each costs a network round. */
  readonly modelRuns: number
  /** Drops history below `revision`; left out by stores that cannot. */
  compact?(revision: number): Promise<void>
  /** Stops the store and starts it again on the same data, replacing `coordinator`; left out where it is not durable. */
  restart?(): Promise<void>
  dispose(): Promise<void>
}

export type Case = (harness: () => Harness) => void

/** Every implementation of `Coordinator` passes this. */
export function coordinatorSuite(name: string, open: () => Promise<Harness>): void {
  describe(`coordinator contract: ${name}`, () => {
    let harness: Harness
    before(async () => {
      harness = await open()
    })
    after(() => harness.dispose())
    const get = () => harness
    describe('transactions', () => transactionCases(get))
    describe('leases', () => leaseCases(get))
    describe('watches', () => watchCases(get))
    describe('compaction', () => compactionCases(get))
    describe('durability', () => durabilityCases(get))
    describe('against a model', () => modelCases(get))
  })
}

import { after, before, describe } from 'node:test'
import { batchCases } from './batch-cases.ts'
import { conditionCases } from './condition-cases.ts'
import { expiryCases } from './expiry-cases.ts'
import { idempotencyCases } from './idempotency-cases.ts'
import { keysCases } from './keys-cases.ts'
import { leaseCases } from './lease-cases.ts'
import { modelCases } from './model-cases.ts'
import { modifyCases } from './modify-cases.ts'
import { pointCases } from './point-cases.ts'
import { rangeCases } from './range-cases.ts'
import { lifecycleCases, sessionCases } from './session-cases.ts'
import { registerFor, type StoreHarness, type StoreUnderTest } from './store-case.ts'

/** Every implementation of `Store` passes this, as far as its capabilities go. */
export function storeSuite(under: StoreUnderTest): void {
  describe(`store contract: ${under.name}`, () => {
    let harness: StoreHarness | undefined
    before(async () => {
      harness = await under.open()
    })
    after(() => harness?.dispose())
    const store = registerFor(under, () => harness!)
    describe('sessions', () => sessionCases(store))
    describe('single records', () => pointCases(store))
    describe('conditions', () => conditionCases(store))
    describe('expiry', () => expiryCases(store))
    describe('modifications', () => modifyCases(store))
    describe('lists of keys', () => keysCases(store))
    describe('ranges', () => rangeCases(store))
    describe('batches', () => batchCases(store))
    describe('Idempotency-Key', () => idempotencyCases(store))
    describe('leases', () => leaseCases(store))
    describe('restart and close', () => lifecycleCases(store))
    describe('against a model', () => modelCases(store))
  })
}

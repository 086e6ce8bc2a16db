import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SlabMemory } from '../../../../../src/stores/embedded/engine/slab-memory.ts'

const mebibyte = 2 ** 20

/** Fills a slot with a byte; the first two bytes are never 0, as owners promise. */
function fill(memory: SlabMemory, ref: number, bytes: number, tag: number): void {
  const at = memory.offsetOf(ref)
  memory.slabOf(ref).bytes.fill(tag, at, at + bytes)
}

function holds(memory: SlabMemory, ref: number, bytes: number, tag: number): boolean {
  const at = memory.offsetOf(ref)
  return memory
    .slabOf(ref)
    .bytes.subarray(at, at + bytes)
    .every((byte) => byte === tag)
}

test('slots of all sizes keep what is written to them, whatever is allocated and freed around them', () => {
  const size = fc.oneof(fc.integer({ min: 16, max: 300 }), fc.integer({ min: 16, max: 70_000 }))
  const operation = fc.record({ free: fc.boolean(), pick: fc.nat(), size, count: fc.integer({ min: 1, max: 40 }) })
  const run = fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
    const memory = new SlabMemory()
    const held: { ref: number; size: number; tag: number }[] = []
    let tag = 0
    for (const { free, pick, size, count } of operations) {
      for (let i = 0; i < count; i++) {
        if (free && held.length > 0) {
          const [gone] = held.splice((pick + i) % held.length, 1)
          memory.free(gone!.ref)
        } else if (!free) {
          const ref = memory.allocate(size)
          tag = (tag % 255) + 1
          fill(memory, ref, size, tag)
          held.push({ ref, size, tag })
          assert.ok(memory.fits(ref, size))
        }
      }
    }
    for (const { ref, size, tag } of held) assert.ok(holds(memory, ref, size, tag))
    const live = new Set<number>()
    for (let number = 0; number < memory.slabs.length; number++) {
      memory.forEachLive(number, 0, Number.MAX_SAFE_INTEGER, (ref) => live.add(ref))
    }
    assert.deepEqual(live, new Set(held.map(({ ref }) => ref)))
    for (const { ref } of held) memory.free(ref)
    assert.ok(memory.heldBytes <= 45 * 262_144)
    assert.equal(
      memory.heldBytes,
      memory.slabs.reduce((sum, slab) => sum + (slab?.bytes.length ?? 0), 0),
    )
  })
  fc.assert(run, { numRuns: 150, interruptAfterTimeLimit: 15_000 })
})

test('empty slabs are given back, and freed slots are used before new slabs', () => {
  const memory = new SlabMemory()
  const refs = Array.from({ length: 100_000 }, () => {
    const ref = memory.allocate(150)
    fill(memory, ref, 150, 1)
    return ref
  })
  const full = memory.heldBytes
  assert.ok(full >= 15_000_000 && full < 17_000_000)
  for (const ref of refs.splice(0, 50_000)) memory.free(ref)
  assert.ok(memory.heldBytes < full * 0.52)
  for (let i = 0; i < 50_000; i++) fill(memory, memory.allocate(145), 145, 1)
  assert.ok(memory.heldBytes <= full)
  const large = memory.allocate(10 * mebibyte)
  assert.ok(memory.heldBytes >= full + 10 * mebibyte)
  memory.free(large)
  assert.ok(memory.heldBytes <= full)
})

test('a slot fits what belongs into its size only', () => {
  const memory = new SlabMemory()
  const small = memory.allocate(150)
  assert.deepEqual(
    [128, 129, 160, 161].map((bytes) => memory.fits(small, bytes)),
    [false, true, true, false],
  )
  const large = memory.allocate(mebibyte)
  assert.deepEqual(
    [1_000, mebibyte / 2, mebibyte - 5_000, mebibyte, mebibyte + 1].map((bytes) => memory.fits(large, bytes)),
    [false, false, true, true, false],
  )
})

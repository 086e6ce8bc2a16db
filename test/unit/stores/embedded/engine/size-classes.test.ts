import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  classCount,
  classOf,
  largestSlotBytes,
  slotBytesOf,
} from '../../../../../src/stores/embedded/engine/size-classes.ts'

test('every size has the smallest class that holds it, and wastes at most a fifth beyond the first few', () => {
  for (let bytes = 1; bytes <= largestSlotBytes; bytes++) {
    const sizeClass = classOf(bytes)
    assert.ok(sizeClass >= 0 && sizeClass < classCount)
    const slot = slotBytesOf(sizeClass)
    assert.ok(slot >= bytes, `${bytes} bytes in ${slot}`)
    if (sizeClass > 0) assert.ok(slotBytesOf(sizeClass - 1) < bytes, `${bytes} bytes in ${slot}`)
    if (bytes > 32) assert.ok((slot - bytes) / slot <= 0.2, `${bytes} bytes in ${slot}`)
  }
  assert.equal(slotBytesOf(classCount - 1), largestSlotBytes)
})

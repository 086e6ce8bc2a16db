import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isJsonType } from '../../../../src/ingress/http/content-type.ts'
import { keyMember, recordJson, valueMember } from '../../../../src/ingress/http/json-answer.ts'
import { etagOf, type RecordView } from '../../../../src/operation/record.ts'

/** A record whose value stands between other bytes, as in a store's buffer. */
function recordOf(value: Uint8Array, contentType: string, margin: number): RecordView {
  const bytes = new Uint8Array(value.length + 2 * margin).fill(0x22)
  bytes.set(value, margin)
  const about = { bucket: 7, epoch: 36, index: 1295, sub: 0, expiresAtMs: 0, lease: 0 }
  return { ...about, bytes, valueStart: margin, valueEnd: margin + value.length, contentType }
}

test('every key comes back as it is, whatever characters JSON has to escape', () => {
  const single = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte))
  const keys = fc.oneof(fc.constantFrom(...single), fc.uint8Array({ minLength: 1 }), fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(keys, fc.boolean(), (drawn, asBuffer) => {
      const bytes = Buffer.from(drawn as string)
      const text = `{${keyMember(asBuffer ? bytes : Uint8Array.from(bytes))}}`
      const { key, keyBase64 } = JSON.parse(text) as { key?: string; keyBase64?: string }
      const back = key === undefined ? Buffer.from(keyBase64!, 'base64') : Buffer.from(key)
      assert.ok(back.equals(bytes), text)
    }),
    { numRuns: 1_000 },
  )
})

test('a value is JSON only if its type and its bytes say so, wherever in memory it lies', () => {
  const json = fc.json().map((text) => Buffer.from(text))
  const values = fc.oneof(json, fc.uint8Array({ maxLength: 20 }))
  const types = fc.constantFrom('application/json', 'text/plain', 'application/x+JSON; a=b', 'x')
  fc.assert(
    fc.property(values, types, fc.constantFrom(0, 3), (drawn, type, margin) => {
      const bytes = Buffer.from(drawn)
      const shown = JSON.parse(`{${valueMember(recordOf(bytes, type, margin))}}`) as Record<string, unknown>
      const text = bytes.toString()
      let parsed: unknown
      try {
        parsed = isJsonType(type) && Buffer.from(text).equals(bytes) ? JSON.parse(text) : undefined
      } catch {
        parsed = undefined
      }
      const expected = parsed === undefined ? { valueBase64: bytes.toString('base64') } : { value: parsed }
      assert.deepEqual(shown, expected)
    }),
  )
})

test('content types keep their meaning and their text, however many there have been', () => {
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 200; i++) {
      const type = `application/x-${i}${i % 2 === 0 ? '+json' : ''}; q="\\"`
      const record = recordOf(Buffer.from('1'), type, 0)
      const shown = JSON.parse(recordJson(Buffer.from('k'), record, 1, true))
      assert.equal(shown.contentType, type)
      assert.equal(shown.etag, etagOf(record))
      assert.equal('value' in shown, i % 2 === 0)
    }
  }
})

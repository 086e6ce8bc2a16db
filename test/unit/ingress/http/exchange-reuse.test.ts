import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, GatewayError } from '../../../../src/errors.ts'
import type { Operation } from '../../../../src/operation/operation.ts'
import { Fixture } from '../../../support/http-fixture.ts'
import { encode } from '../../../support/raw-http.ts'

/** Whether the operation of a request that ended with this error is used again for the next one. */
async function usedAgain(request: Buffer, code: ErrorCode): Promise<boolean> {
  const operations: Operation[] = []
  await Fixture.run(async (fixture) => {
    fixture.dispatcher.answerWith = (operation) => {
      operations.push(operation)
      return new GatewayError(code, 'as the test wants')
    }
    const http = await fixture.connect()
    for (let i = 0; i < 2; i++) {
      http.send(request)
      assert.ok((await http.answer()).status >= 400)
    }
  })
  assert.equal(operations.length, 2)
  return operations[0] === operations[1]
}

const get = encode('GET', '/v1/records/a')
const put = encode('PUT', '/v1/records/a', { body: 'x' })

test('what was refused, or failed in one step, is over: its memory serves the next request', async () => {
  for (const request of [get, put, encode('DELETE', '/v1/records/a')]) {
    for (const code of ['overloaded', 'rate-limited', 'store-failed'] as const) {
      assert.ok(await usedAgain(request, code), `${request.toString('latin1', 0, 6)} ${code}`)
    }
  }
})

test('what a store may still read is not touched: after a deadline, and where several steps are taken', async () => {
  assert.equal(await usedAgain(get, 'deadline'), false)
  assert.equal(await usedAgain(put, 'deadline'), false)
  assert.equal(await usedAgain(encode('PUT', '/v1/records/a?lease=7', { body: 'x' }), 'unavailable'), false)
  assert.equal(await usedAgain(encode('GET', '/v1/count'), 'unavailable'), false)
})

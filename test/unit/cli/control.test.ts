import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, type TestContext, test } from 'node:test'
import { exitCodes } from '../../../src/cli/exit-codes.ts'
import { adminServer, answerJson, cli } from './captured-cli.ts'

/** An admin port that only takes POST. */
async function port(t: TestContext, status: number, body: object) {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.method === 'POST') answerJson(response, status, body)
    else answerJson(response, 405, { code: 'method-not-allowed' })
  }
  const { url, asked } = await adminServer(t, answer)
  return { admin: ['--admin', url], asked }
}

describe('headgate drain', () => {
  const answer = { dryRun: false, phase: 'draining', already: false, inFlight: 3, connections: 1200 }

  test('asks the admin port and says what runs', async (t) => {
    const { admin, asked } = await port(t, 202, answer)
    const { code, out } = await cli(['drain', ...admin])
    assert.equal(code, exitCodes.ok)
    assert.equal(out, 'it drains and ends: 3 requests run or wait, 1,200 connections are open\n')
    assert.deepEqual(asked, ['/v1/drain'])
  })

  test('--dry-run only looks', async (t) => {
    const { admin, asked } = await port(t, 200, { ...answer, dryRun: true, phase: 'ready' })
    assert.match((await cli(['drain', '--dry-run', ...admin])).out, /^it would drain: /)
    const one = await port(t, 200, { ...answer, dryRun: true, inFlight: 1, connections: 1 })
    const { out } = await cli(['drain', '--dry-run', ...one.admin])
    assert.equal(out, 'it would drain: 1 request runs or waits, 1 connection is open\n')
    assert.deepEqual(asked, ['/v1/drain?dryRun=true'])
  })

  test('a node that drains already says so; --json is the answer as it came', async (t) => {
    const already = { ...answer, already: true }
    const { admin } = await port(t, 202, already)
    assert.match((await cli(['drain', ...admin])).out, /^it drains already: /)
    assert.deepEqual(JSON.parse((await cli(['drain', '--json', ...admin])).out), already)
  })

  test('nobody there', async () => {
    assert.equal((await cli(['drain', '--admin', 'http://127.0.0.1:1'])).code, exitCodes.unreachable)
  })
})

describe('headgate reload', () => {
  test('says what is in force now, and what needs a restart', async (t) => {
    const body = {
      dryRun: false,
      applied: ['security.clients', 'log.level'],
      needsRestart: ['listen.http.port'],
      fixed: [],
    }
    const { admin, asked } = await port(t, 200, body)
    const { code, out } = await cli(['reload', ...admin])
    assert.equal(code, exitCodes.ok)
    assert.equal(out, 'taken over  security.clients, log.level\nneeds a restart  listen.http.port\n')
    assert.deepEqual(asked, ['/v1/reload'])
  })

  test('--diff only looks', async (t) => {
    const { admin, asked } = await port(t, 200, { dryRun: true, applied: ['log.level'], needsRestart: [], fixed: [] })
    assert.equal((await cli(['reload', '--diff', ...admin])).out, 'would be taken over  log.level\n')
    assert.deepEqual(asked, ['/v1/reload?dryRun=true'])
  })

  test('what the data folder remembers is no matter of a restart', async (t) => {
    const { admin } = await port(t, 200, { dryRun: false, applied: [], needsRestart: [], fixed: ['sharding.shards'] })
    assert.match(
      (await cli(['reload', ...admin])).out,
      /^fixed for this data {2}sharding\.shards\n {2}put the old value/,
    )
  })

  test('nothing may have changed', async (t) => {
    const { admin } = await port(t, 200, { dryRun: false, applied: [], needsRestart: [], fixed: [] })
    assert.equal((await cli(['reload', ...admin])).out, 'nothing has changed\n')
  })

  test('a configuration that is not valid is a failure, with every problem', async (t) => {
    const detail = 'the configuration is not valid; the old one stays in force'
    const { admin } = await port(t, 400, {
      code: 'bad-parameter',
      detail,
      problems: ['a.yaml:1:1: one', 'a.yaml:2:1: two'],
    })
    const { code, err } = await cli(['reload', ...admin])
    assert.equal(code, exitCodes.failed)
    assert.equal(err, `error: bad-parameter: ${detail}\n  a.yaml:1:1: one\n  a.yaml:2:1: two\n`)
  })
})

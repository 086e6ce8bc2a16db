import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Explanation } from '../../../src/routing/explanation.ts'
import { adminServer, answerJson, cli } from './captured-cli.ts'

const paris = { key: 'city:{paris}', tag: 'paris', slot: 15_000, bucket: 916 }
const plan: Explanation['plan'] = {
  steps: [{ shard: 4, role: 'reader', nodes: ['n1'] }],
  merge: 'one',
  onFailure: 'fail',
  reason: 'bucket 916 belongs to shard 4',
}

describe('headgate explain', () => {
  test('a read of one key', async (t) => {
    const answer: Explanation = { operation: 'read', keys: [paris], plan, notes: ['the leader serves reads'] }
    const { url, asked } = await adminServer(t, (_, response) => answerJson(response, 200, answer))
    const { code, out } = await cli(['explain', 'read', 'city:{paris}', '--admin', url])
    assert.equal(code, 0)
    assert.deepEqual(asked, ['/v1/explain?op=read&key=city%3A%7Bparis%7D'])
    assert.equal(
      out,
      [
        'KEY           TAG     SLOT  BUCKET',
        'city:{paris}  paris  15000     916',
        '',
        'read in one step: bucket 916 belongs to shard 4',
        '  1. shard 4, reader, on n1',
        '  nothing to merge; if a step fails: the request fails',
        'note: the leader serves reads',
        '',
      ].join('\n'),
    )
  })

  test('keys of several shards, not all of them text', async (t) => {
    const keys = [paris, { keyBase64: '/w==', tag: '\ufffd', slot: 1, bucket: 1 }]
    const steps = [
      { shard: 4, role: 'reader', nodes: ['n1', 'n2'], keys: [0] },
      { shard: 1, role: 'reader', nodes: ['n1'], keys: [1] },
    ]
    const split = { ...plan, steps, merge: 'records', onFailure: 'leave-out', reason: 'the keys lie in two shards' }
    const answer: Explanation = { operation: 'read', keys, plan: split, notes: [] }
    const { url, asked } = await adminServer(t, (_, response) => answerJson(response, 200, answer))
    const { out } = await cli(['explain', 'read', 'a b', 'c/d', '--admin', url])
    assert.deepEqual(asked, ['/v1/explain?op=read&key=a%20b&key=c%2Fd'])
    assert.match(out, /base64:\/w== /)
    assert.match(out, /read in 2 steps: .*\n {2}1\. shard 4, reader, on n1 or n2, for city:\{paris\}\n {2}2\. shard 1/)
    assert.match(out, /answers are merged: records; if a step fails: its shard is left out/)
  })

  test('the key of a scan is its prefix', async (t) => {
    const answer: Explanation = { operation: 'scan', keys: [paris], plan, notes: [] }
    const { url, asked } = await adminServer(t, (_, response) => answerJson(response, 200, answer))
    const { out } = await cli(['explain', 'scan', 'city:{paris}', '--admin', url])
    assert.deepEqual(asked, ['/v1/explain?op=scan&key=city%3A%7Bparis%7D'])
    assert.match(out, /^PREFIX {8}TAG .*\n.*\n\nscan in one step: /)
  })

  test('the admin port may be given without http://', async (t) => {
    const answer: Explanation = { operation: 'scan', keys: [], plan, notes: [] }
    const { url, asked } = await adminServer(t, (_, response) => answerJson(response, 200, answer))
    const { code } = await cli(['explain', 'scan', '--admin', url.slice('http://'.length)])
    assert.deepEqual([code, asked], [0, ['/v1/explain?op=scan']])
  })

  test('a query needs no key; --json is the answer as it came', async (t) => {
    const answer: Explanation = { operation: 'query', keys: [], plan: { ...plan, merge: 'query' }, notes: [] }
    const { url, asked } = await adminServer(t, (_, response) => answerJson(response, 200, answer))
    const { out } = await cli(['explain', 'query', '--json', '--admin', url])
    assert.deepEqual(asked, ['/v1/explain?op=query'])
    assert.deepEqual(JSON.parse(out), answer)
  })
})

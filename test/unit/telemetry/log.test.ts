import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ControlEvents } from '../../../src/telemetry/control-events.ts'
import { createLog, decision } from '../../../src/telemetry/log.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

function setUp(level: 'info' | 'error' = 'info') {
  const lines: Record<string, unknown>[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const logger = createLog({ level, cluster: 'shop', nodeId: 'n1' }, destination)
  const events = new ControlEvents(new VirtualRuntime().clock)
  return { lines, events, logger, log: { logger, events } }
}

describe('log', () => {
  it('writes one line and one event for a decision', () => {
    const { lines, events, log } = setUp()
    decision(log, 'drain-started', 'SIGTERM was received', { inFlight: 3 })
    assert.equal(lines.length, 1)
    const { level, cluster, node, decision: what, msg, inFlight } = lines[0]!
    assert.deepEqual(
      [level, cluster, node, what, msg, inFlight],
      ['info', 'shop', 'n1', 'drain-started', 'SIGTERM was received', 3],
    )
    assert.deepEqual(events.after(0), [
      {
        id: 1,
        at: '2030-01-01T00:00:01.000Z',
        what: 'drain-started',
        why: 'SIGTERM was received',
        fields: { inFlight: 3 },
      },
    ])
  })

  it('tells of a decision even where the log is set to less', () => {
    const { lines, events, log } = setUp('error')
    decision(log, 'reloaded', 'the file changed')
    assert.equal(lines.length, 0)
    assert.equal(events.after(0).length, 1)
  })

  it('hides secrets and stored values at any depth, in the log and in events', () => {
    const { lines, events, log } = setUp()
    const secret = 'hunter2'
    const fields = {
      token: secret,
      request: { headers: { Authorization: secret }, clients: [{ name: 'app', password: secret, peerSecret: secret }] },
      value: secret,
      body: Buffer.from(secret),
      maxValue: 7,
    }
    decision(log, 'tested', 'to see', fields)
    log.logger.warn(fields, 'plain line')
    log.logger.info({ a: { b: { c: { d: { e: { token: secret } } } } } }, 'deep')
    const everything = JSON.stringify([lines, events.after(0)])
    assert.equal(everything.includes(secret), false, everything)
    assert.equal(everything.includes(Buffer.from(secret).toString('base64')), false)
    assert.equal(lines[0]!['maxValue'], 7)
  })

  it('keeps the message and stack of an error', () => {
    const { lines, logger } = setUp()
    logger.error({ err: new RangeError('off by one') }, 'failed')
    const err = lines[0]!['err'] as Record<string, string>
    assert.deepEqual([err['type'], err['message']], ['RangeError', 'off by one'])
    assert.match(err['stack']!, /log\.test/)
  })
})

describe('control events', () => {
  it('keeps the last thousand and answers what came after an id', () => {
    const { events } = setUp()
    for (let i = 1; i <= 1005; i++) events.publish('tick', String(i))
    assert.deepEqual(
      events.after(1003).map((event) => event.id),
      [1004, 1005],
    )
    assert.equal(events.after(0).length, 1000)
    assert.equal(events.after(0)[0]!.id, 6)
    assert.deepEqual(events.after(5000), [])
  })

  it('tells subscribers until they leave', () => {
    const { events } = setUp()
    const seen: number[] = []
    const leave = events.subscribe((event) => seen.push(event.id))
    events.publish('a', 'a')
    leave()
    events.publish('b', 'b')
    assert.deepEqual(seen, [1])
  })
})

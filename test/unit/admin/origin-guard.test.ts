import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createOriginGuard } from '../../../src/admin/origin-guard.ts'

describe('origin guard', () => {
  it('serves a loopback port under its own names only, whoever may come', () => {
    for (const open of [true, false]) {
      const guard = createOriginGuard({ host: '127.0.0.1', hostNames: ['Box.Internal'], open })
      for (const host of ['localhost:7402', '127.0.0.1:7402', '[::1]:7402', 'box.internal:7402', 'localhost']) {
        assert.equal(guard.refuseHost(host), undefined, host)
      }
      for (const host of ['evil.test', '10.0.0.1:7402', 'localhost.evil.test', undefined, '']) {
        assert.notEqual(guard.refuseHost(host), undefined, host)
      }
    }
  })

  it('serves any name beyond loopback where a token is needed, else only names it knows and addresses', () => {
    const closed = createOriginGuard({ host: '0.0.0.0', open: false })
    assert.equal(closed.refuseHost('node-1.example:7402'), undefined)
    const open = createOriginGuard({ host: '0.0.0.0', hostNames: ['node-1.example'], open: true })
    assert.equal(open.refuseHost('node-1.example:7402'), undefined)
    assert.equal(open.refuseHost('10.1.2.3:7402'), undefined)
    assert.equal(open.refuseHost('[fd00::1]:7402'), undefined)
    assert.notEqual(open.refuseHost('evil.test:7402'), undefined)
    assert.notEqual(open.refuseHost(undefined), undefined)
  })

  it('lets a request change something only from its own origin, or from no page at all', () => {
    const guard = createOriginGuard({ host: '127.0.0.1', open: true })
    const host = 'localhost:7402'
    assert.equal(guard.refuseOrigin({ host }), undefined)
    assert.equal(guard.refuseOrigin({ host, origin: 'http://localhost:7402' }), undefined)
    assert.equal(
      guard.refuseOrigin({ host, origin: 'http://localhost:7402', 'sec-fetch-site': 'same-origin' }),
      undefined,
    )
    for (const origin of [
      'http://evil.test',
      'http://localhost:80',
      'ftp://localhost:7402',
      'null',
      'http://127.0.0.1:7402',
    ]) {
      assert.notEqual(guard.refuseOrigin({ host, origin }), undefined, origin)
    }
    for (const site of ['cross-site', 'same-site', ['none', 'cross-site']]) {
      assert.notEqual(guard.refuseOrigin({ host, 'sec-fetch-site': site }), undefined, String(site))
    }
  })
})

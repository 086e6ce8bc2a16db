import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { foreignOrigin, hostNameOf, isLoopbackHost } from '../../../src/ingress/page-origin.ts'

describe('the origin of a request', () => {
  it('reads the name out of a Host header', () => {
    const names: Record<string, string | undefined> = {
      'localhost:7402': 'localhost',
      LOCALHOST: 'localhost',
      '[::1]:7402': '::1',
      '127.0.0.1': '127.0.0.1',
      'a b': undefined,
      '': undefined,
      'evil.test:80:80': undefined,
      'user@localhost': undefined,
      'localhost/x': undefined,
      '::1': undefined,
    }
    for (const [header, name] of Object.entries(names)) assert.equal(hostNameOf(header), name, header)
    assert.equal(hostNameOf(undefined), undefined)
  })

  it('is foreign unless a page names the host it asks, or there is no page', () => {
    const host = 'Box:7400'
    for (const origin of [undefined, 'http://box:7400', 'HTTPS://BOX:7400']) {
      assert.equal(foreignOrigin({ host, origin }), undefined, origin)
    }
    for (const origin of [
      'null',
      '',
      'http://box',
      'http://box:7400/',
      'http://evil.test',
      'http://',
      'file://box:7400',
    ]) {
      assert.notEqual(foreignOrigin({ host, origin }), undefined, origin)
    }
    assert.notEqual(foreignOrigin({ origin: 'http://' }), undefined)
    assert.notEqual(foreignOrigin({ host: undefined, origin: 'http://undefined' }), undefined)
    for (const site of ['none', 'same-origin']) assert.equal(foreignOrigin({ host, 'sec-fetch-site': site }), undefined)
    for (const site of ['same-site', 'cross-site', '', 'x']) {
      assert.notEqual(foreignOrigin({ host, 'sec-fetch-site': site }), undefined, site)
    }
  })

  it('knows loopback hosts', () => {
    for (const host of ['localhost', '::1', '127.0.0.1', '127.8.9.10']) assert.ok(isLoopbackHost(host), host)
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.evil.test', 'box']) assert.ok(!isLoopbackHost(host), host)
  })
})

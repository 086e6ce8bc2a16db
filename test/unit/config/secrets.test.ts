import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { withoutSecrets } from '../../../src/config/settings.ts'
import { linesOf, load, settingsFrom, temporaryFolder } from './loading.ts'

const minimal = 'cluster: shop\nstore: { kind: embedded }\n'
const token = '0123456789abcdef'

function withTokenFile(path: string): string {
  return `${minimal}security: { clients: [{ name: app, tokenFile: ${path} }] }\n`
}

describe('tokens', () => {
  test('come from files, without the line break at the end', (t) => {
    const file = join(temporaryFolder(t), 'app.token')
    writeFileSync(file, `${token}\r\n`, { mode: 0o600 })
    const result = load(t, withTokenFile(file))
    assert.ok(result.ok)
    assert.deepEqual(result.warnings, [])
    assert.equal(result.settings.security.clients[0]?.token, token)
  })

  test('in files that others may read are worth a warning', (t) => {
    const file = join(temporaryFolder(t), 'app.token')
    writeFileSync(file, token)
    chmodSync(file, 0o640)
    assert.match(linesOf(load(t, withTokenFile(file))).join(), /can be read by others than its owner; run: chmod 600/)
  })

  const refused: readonly [name: string, content: string, problem: RegExp][] = [
    ['an empty file', '\n', /app\.token is empty/],
    ['several lines', `${token}\n${token}\n`, /one line of visible ASCII without spaces/],
    ['spaces', 'correct horse battery', /one line of visible ASCII without spaces/],
    ['other letters', 'pässwörterpässwörter', /one line of visible ASCII without spaces/],
    ['a very long one', 'x'.repeat(1025), /longer than 1024 characters/],
  ]
  for (const [name, content, problem] of refused) {
    test(`${name} is refused without showing it`, (t) => {
      const file = join(temporaryFolder(t), 'app.token')
      writeFileSync(file, content, { mode: 0o600 })
      const result = load(t, withTokenFile(file))
      assert.equal(result.ok, false)
      assert.match(linesOf(result).join(), problem)
      assert.ok(content.trim() === '' || !JSON.stringify(result).includes(content.trim()))
    })
  }

  test('a missing file is named with its full path', (t) => {
    assert.match(
      linesOf(load(t, withTokenFile('./nowhere.token'))).join(),
      /cannot read \/.*nowhere\.token: there is no such/,
    )
  })

  test('two clients with one token could not be told apart', (t) => {
    const clients = ['a', 'b'].map((name) => `{ name: ${name}, token: ${token} }`).join(', ')
    const result = load(t, `${minimal}security: { clients: [${clients}] }\n`)
    assert.match(linesOf(result).join(), /the clients a and b have the same token/)
    assert.doesNotMatch(JSON.stringify(result), new RegExp(token))
  })

  test('in the file itself are never quoted', (t) => {
    const result = load(t, `${minimal}security:\n  clients:\n    - name: app\n      token: "two words"\n`)
    assert.equal(result.ok, false)
    assert.doesNotMatch(JSON.stringify(result), /two words/)
  })

  test('disappear from settings that are printed', (t) => {
    const settings = settingsFrom(t, `${minimal}security: { clients: [{ name: app, token: ${token} }] }\n`)
    assert.match(JSON.stringify(settings), new RegExp(token))
    assert.doesNotMatch(JSON.stringify(withoutSecrets(settings)), new RegExp(token))
  })
})

describe('clients', () => {
  const one = (extra: string) =>
    `${minimal}security:\n  ${extra}\n  clients: [{ name: app, token: ${token}, rate: { perSecond: 5 } }]\n`

  test('read and write by default, their burst is their rate', (t) => {
    const { clients, anonymousRoles } = settingsFrom(t, one('allowAnonymous: false')).security
    assert.deepEqual(clients[0]?.roles, ['read', 'write'])
    assert.deepEqual(clients[0]?.rate, { requestsPerSecond: 5, burst: 5 })
    assert.deepEqual(anonymousRoles, [])
  })

  test('beside allowAnonymous leave read and write to requests without a token', (t) => {
    assert.deepEqual(settingsFrom(t, one('allowAnonymous: true')).security.anonymousRoles, ['read', 'write'])
  })
})

describe('tls', () => {
  const lines = (folder: string, extra = '') =>
    `${minimal}security:\n  tls:\n    certFile: ${folder}/node.pem\n    keyFile: ${folder}/node-key.pem\n${extra}`

  function certificate(folder: string): void {
    const made = ['-keyout', `${folder}/node-key.pem`, '-out', `${folder}/node.pem`]
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost']
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...kind, ...made], { stdio: 'ignore' })
  }

  test('is read and hidden', (t) => {
    const folder = temporaryFolder(t)
    certificate(folder)
    const settings = settingsFrom(t, lines(folder))
    assert.match(settings.security.tls?.cert ?? '', /BEGIN CERTIFICATE/)
    assert.match(settings.security.tls?.key ?? '', /PRIVATE KEY/)
    assert.doesNotMatch(JSON.stringify(withoutSecrets(settings)), /PRIVATE KEY/)
  })

  test('a key that does not fit its certificate is refused', (t) => {
    const [folder, other] = [temporaryFolder(t), temporaryFolder(t)]
    certificate(folder)
    certificate(other)
    const text = lines(folder).replace(`${folder}/node-key`, `${other}/node-key`)
    assert.match(linesOf(load(t, text)).join(), /^4:3 security\.tls: the certificate and key cannot be used/)
  })

  test('files that are missing are all reported', (t) => {
    assert.equal(linesOf(load(t, lines('/nowhere'))).length, 2)
  })

  test('client certificates are refused', (t) => {
    const folder = temporaryFolder(t)
    certificate(folder)
    const text = lines(folder, `    caFile: ${folder}/node.pem\n`)
    assert.match(linesOf(load(t, text)).join(), /^7:13 checking client certificates is not available/)
  })
})

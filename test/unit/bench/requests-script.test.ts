import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { parseWrk } from '../../../bench/load/wrk-report.ts'
import { installed } from '../../../bench/process/pinned-process.ts'

const skip = installed('wrk') ? false : 'wrk is not installed'
const keys = 50

interface Seen {
  readonly url: string
  readonly body: string
}

/** Runs wrk with the script for its shortest time against a server that keeps what it is sent. */
async function sent(
  template: string,
  status = 200,
): Promise<{ seen: readonly Seen[]; report: ReturnType<typeof parseWrk> }> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('latin1')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => {
      seen.push({ url: request.url ?? '', body })
      response.writeHead(status, { 'Content-Length': 2 }).end('ok')
    })
  })
  const folder = mkdtempSync(join(tmpdir(), 'headgate-script-'))
  try {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const file = join(folder, 'template')
    writeFileSync(file, template)
    const args = ['-t1', '-c2', '-d1s', '-s', 'bench/load/requests.lua', url, '--', file, String(keys), '7']
    const { stdout } = await promisify(execFile)('wrk', args, { timeout: 20_000 })
    return { seen, report: parseWrk(stdout) }
  } finally {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  }
}

const keyNumber = /^key:(0{10}\d\d)$/

test('wrk sends keys drawn from all of them', { skip }, async () => {
  const { seen, report } = await sent('GET /v1/records/{key} HTTP/1.1\r\nHost: x\r\n\r\n')
  const numbers = seen.map(({ url }) => Number(keyNumber.exec(url.replace('/v1/records/', ''))?.[1]))
  assert.ok(report.requests > 0 && report.statusErrors === 0)
  assert.ok(numbers.every((each) => each >= 0 && each < keys))
  assert.ok(new Set(numbers).size > keys / 2, `${new Set(numbers).size} different keys in ${numbers.length} requests`)
})

test('keys may be base64, and large requests are made one by one', { skip }, async () => {
  const value = 'y'.repeat(700)
  const length = `{"key":"","value":"${value}"}`.length + 24
  const template = `POST /put HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n{"key":"{key64}","value":"${value}"}`
  const { seen, report } = await sent(template, 503)
  assert.equal(report.statusErrors, report.requests)
  const numbers = seen.map(({ body }) => {
    const parsed = JSON.parse(body) as { key: string; value: string }
    assert.equal(parsed.value, value)
    return Number(keyNumber.exec(Buffer.from(parsed.key, 'base64').toString())?.[1])
  })
  assert.ok(numbers.every((each) => each >= 0 && each < keys))
  assert.ok(new Set(numbers).size > keys / 2)
})

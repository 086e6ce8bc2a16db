import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { NodeProcess } from '../../scripts/process/node-process.ts'
import { PastedShell } from '../support/tour/pasted-shell.ts'
import { isAnswer, stepsOf, type TourStep } from '../support/tour/tour-steps.ts'

const heading = 'A tour of ten minutes'
const program = resolve(process.env['HEADGATE_MAIN'] ?? 'dist/main.js')
/** What the tour needs besides a shell and Node. */
const tools = ['curl', 'redis-cli', 'openssl']
/** Files that the tour's commands name. */
const files = 'docs/tour'
const commandLimitMs = 30_000
/** In the README the reader's node, then the nodes that the tour itself starts. */
const firstPorts = [7400, 7401, 7402]
const laterPorts = [7410, 7411, 7412]

const missing = tools.filter((tool) => spawnSync(tool, ['--version']).error !== undefined)
const skip = missing.length === 0 ? false : `not installed: ${missing.join(', ')}`

test('every line of the tour in the README does what the page shows', { skip, timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-tour-'))
  const gateway = await NodeProcess.start({ 'node.dataDir': join(folder, 'data'), 'log.level': 'warn' }, program)
  const shell = new PastedShell(folder)
  try {
    const { http, resp, admin } = gateway.addresses
    const ports = new Map(firstPorts.map((port, i) => [port, [http, resp, admin][i]!.port]))
    for (const port of laterPorts) ports.set(port, await freePort())
    copyFiles(folder, ports)
    const steps = stepsOf(readFileSync('README.md', 'utf8'), heading).map((step) => placed(step, ports))
    assert.ok(steps.length > 20, `${steps.length} steps: is the heading still "${heading}"?`)
    for (const step of steps) await take(step, shell)
  } finally {
    // Whatever happened, nodes that the tour has started end with it.
    await shell.paste('kill $(jobs -p) 2>/dev/null; wait', commandLimitMs)
    await shell.close()
    await gateway.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

function copyFiles(folder: string, ports: ReadonlyMap<number, number>): void {
  mkdirSync(join(folder, files), { recursive: true })
  for (const name of readdirSync(files)) {
    writeFileSync(join(folder, files, name), withPorts(readFileSync(join(files, name), 'utf8'), ports))
  }
}

async function take(step: TourStep, shell: PastedShell): Promise<void> {
  let written = ''
  for (const command of step.commands) written += await shell.paste(command, commandLimitMs)
  const where = `README.md:${step.line}\n${step.commands.join('\n')}`
  const shown = step.answer === undefined ? '(nothing)' : step.answer
  assert.ok(isAnswer(written, step), `${where}\n--- shown\n${shown}\n--- written\n${written}`)
}

/** The step with the ports and the program of this run. */
function placed(step: TourStep, ports: ReadonlyMap<number, number>): TourStep {
  const commands = step.commands.map((command) =>
    withPorts(withAddress(command), ports).replaceAll('dist/main.js', program),
  )
  return { ...step, commands, answer: step.answer === undefined ? undefined : withPorts(step.answer, ports) }
}

function withPorts(text: string, ports: ReadonlyMap<number, number>): string {
  return text.replace(/\b74\d\d\b/g, (port) => String(ports.get(Number(port)) ?? port))
}

/** Says what a verb of the program takes for granted: that the node has the default ports. */
function withAddress(command: string): string {
  if (command.includes('main.js status')) return `${command} --admin http://127.0.0.1:7402`
  return command.includes('main.js bench') ? `${command} --target http://127.0.0.1:7400` : command
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

test('the tour is read as it is meant', () => {
  const page = [
    '# T\n## Before\n```sh\nno\n```\n## Tour\ntext\n```sh\n# a note',
    'one\n\ntwo\n```\nshows\n```text\nA …\n```\n```sh\nthree\n```\n## After\n```sh\nno\n```\n',
  ].join('\n')
  assert.deepEqual(stepsOf(page, 'Tour'), [
    { line: 9, commands: ['one', 'two'], answer: 'A …', json: false },
    { line: 19, commands: ['three'], answer: undefined, json: false },
  ])
})

test('an answer that is not the one shown is found', () => {
  const text = (answer: string) => ({ answer, json: false })
  assert.ok(isAnswer('a 12 b\r\n', text('a … b')))
  assert.ok(isAnswer('a\nx\ny\nb', text('a\n…\nb')))
  assert.ok(isAnswer('a\nb', text('a\n…\nb')))
  assert.ok(isAnswer('', { answer: undefined, json: false }))
  assert.ok(!isAnswer('anything', { answer: undefined, json: false }))
  assert.ok(!isAnswer('a 12 c', text('a … b')))
  assert.ok(!isAnswer('a\nb\nc', text('a\nb')))
  assert.ok(!isAnswer('a\nx\nc', text('a\n…\nb')))
  const json = (answer: string) => ({ answer, json: true })
  assert.ok(isAnswer('{"a":[1,"x y"],"b":7}', json('{\n  "a": [1, "x y"],\n  "b": …\n}')))
  assert.ok(!isAnswer('{"a":"xy"}', json('{ "a": "x y" }')))
  assert.ok(!isAnswer('{"a":1,"b":2}', json('{ "a": 1 }')))
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { LogStatistics } from '../../src/stores/embedded/log/log-writer.ts'
import { parseTrace, type SystemCall } from '../support/system-calls.ts'

/** Compiled tests have a compiled child beside them. */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const child = fileURLToPath(new URL(`../support/durability-child.${extension}`, import.meta.url))
/** How a block begins (`src/stores/embedded/log/block.ts`). */
const blockMagic = 'HGB1'
const singles = 200
const grouped = 200
const groupSize = 20

interface Watched {
  readonly calls: readonly SystemCall[]
  readonly statistics: LogStatistics
}

let root: string
before(() => {
  root = mkdtempSync(join(tmpdir(), 'headgate-durability-'))
})
after(() => rmSync(root, { recursive: true }))

/** Runs the child under strace; undefined where that is not possible. */
async function watched(durability: 'group' | 'os'): Promise<Watched | undefined> {
  const folder = mkdtempSync(join(root, 'data-'))
  const trace = join(root, `${durability}.trace`)
  const options = ['-f', '-y', '-e', 'trace=fdatasync,write,pwrite64', '-s', '8192', '-o', trace]
  const argv = [...options, process.execPath, ...process.execArgv, child, folder, durability]
  const strace = spawn('strace', argv, { stdio: ['ignore', 'inherit', 'pipe', 'pipe'] })
  let said = ''
  let complained = ''
  strace.stdio[3]!.on('data', (chunk) => {
    said += chunk
  })
  strace.stderr!.on('data', (chunk) => {
    complained += chunk
  })
  const [code] = await Promise.race([once(strace, 'close'), once(strace, 'error').then(() => ['absent'])])
  if (code === 'absent' || /ptrace|not permitted/i.test(complained)) return undefined
  assert.equal(code, 0, complained)
  const lines = said.trim().split('\n')
  assert.equal(lines.filter((line) => line.startsWith('acknowledged')).length, singles + grouped)
  const statistics = JSON.parse(lines.at(-1)!.replace('statistics ', '')) as LogStatistics
  return { calls: parseTrace(readFileSync(trace, 'utf8')), statistics }
}

const isBlock = (call: SystemCall): boolean =>
  call.name === 'pwrite64' && call.target.includes('/log/') && call.data.startsWith(blockMagic)
const isSync = (call: SystemCall): boolean => call.name === 'fdatasync' && call.target.includes('/log/')

interface Acknowledgement {
  readonly key: string
  readonly at: number
}

function acknowledgements(calls: readonly SystemCall[]): Acknowledgement[] {
  return calls.flatMap(({ name, data, began }) => {
    const key = /^acknowledged (\S+)\\n$/.exec(data)?.[1]
    return name === 'write' && key !== undefined ? [{ key, at: began }] : []
  })
}

/** Datasyncs of files that hold blocks by then: not those of files that are being prepared. */
function syncsOfBlocks(calls: readonly SystemCall[]): SystemCall[] {
  const blocks = calls.filter(isBlock)
  return calls.filter(
    (call) => isSync(call) && blocks.some(({ target, ended }) => target === call.target && ended < call.began),
  )
}

/** Acknowledgements that were given while a block they may depend on was not on the disk. */
function early({ calls }: Watched): string[] {
  const blocks = calls.filter(isBlock)
  const syncs = calls.filter((call) => isSync(call) && call.result === 0)
  return acknowledgements(calls).flatMap(({ key, at }) => {
    const own = blocks.find(({ data, ended }) => ended < at && data.includes(key))
    if (own === undefined) return [`${key}: its block was not written`]
    const synced = syncs.some(({ target, began, ended }) => target === own.target && began > own.ended && ended < at)
    return synced ? [] : [`${key}: its block was not synced`]
  })
}

describe('on the real disk, seen from outside', () => {
  let group: Watched | undefined

  before(async () => {
    group = await watched('group')
  })

  test('before every acknowledgement a datasync has ended that began after the block was written', (t) => {
    if (group === undefined) return t.skip('strace is not installed or not permitted')
    assert.equal(acknowledgements(group.calls).length, singles + grouped)
    assert.deepEqual(early(group), [])
  })

  test('there are as many datasyncs as blocks, one for each single write and one for what came together', (t) => {
    if (group === undefined) return t.skip('strace is not installed or not permitted')
    const { calls, statistics } = group
    const blocks = calls.filter(isBlock)
    assert.equal(blocks.length, statistics.blocks)
    assert.equal(syncsOfBlocks(calls).length, statistics.syncs)
    assert.equal(statistics.syncs, statistics.blocks)
    assert.equal(statistics.entries, singles + grouped)
    assert.equal(blocks.filter(({ data }) => data.includes('single-')).length, singles)
    assert.equal(blocks.filter(({ data }) => data.includes('group-')).length, grouped / groupSize)
  })

  test('blocks and their datasyncs take turns', (t) => {
    if (group === undefined) return t.skip('strace is not installed or not permitted')
    const { calls } = group
    const order = [...calls.filter(isBlock), ...syncsOfBlocks(calls)].sort((a, b) => a.began - b.began)
    for (const [place, call] of order.entries()) {
      assert.equal(call.name, place % 2 === 0 ? 'pwrite64' : 'fdatasync')
      if (place > 0) assert.ok(order[place - 1]!.ended < call.began)
    }
  })

  test('the check can fail: with durability os acknowledgements come before any datasync', async (t) => {
    const os = await watched('os')
    if (os === undefined) return t.skip('strace is not installed or not permitted')
    assert.ok(early(os).length > grouped / 2, `${early(os).length} of ${singles + grouped} came early`)
    assert.equal(os.statistics.syncs, 0)
  })
})

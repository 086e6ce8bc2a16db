import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { until, within } from '../../../bench/process/patience.ts'
import {
  isKernelThread,
  parseAnonymousBytes,
  parseProcessorTimes,
  parseTaskTimes,
} from '../../../bench/process/proc-text.ts'
import { fill } from '../../../bench/systems/configuration.ts'

const procStat = `cpu  100 0 100 1000 10 0 10 0 0 0
cpu0 40 1 30 500 5 2 3 4 0 0
cpu1 60 0 70 500 5 0 7 0 0 0
cpu10 1 1 1 1 1 1 1 1 0 0
intr 1 2 3
`

test("a processor's times, by its number", () => {
  assert.deepEqual(parseProcessorTimes(procStat, 0), { busy: 80, interrupts: 5 })
  assert.deepEqual(parseProcessorTimes(procStat, 1), { busy: 137, interrupts: 7 })
  assert.throws(() => parseProcessorTimes(procStat, 2), /no processor 2/)
})

test('a process may have any name', () => {
  const rest = 'S 1 2 3 4 5 6 7 8 9 10 120 30 0 0 20 0 1'
  assert.equal(parseTaskTimes(`42 (node) ${rest}`), 150)
  assert.equal(parseTaskTimes(`42 (a) b (c) ${rest}`), 150)
})

test('threads of the kernel are children of process 2', () => {
  assert.equal(isKernelThread('9 (kworker/0:1) I 2 0 0 0'), true)
  assert.equal(isKernelThread('9 (a) 2 (b) S 1 2 2 2'), false)
})

test('anonymous memory is that of RssAnon', () => {
  assert.equal(parseAnonymousBytes('VmRSS:\t  900 kB\nRssAnon:\t   12 kB\nRssFile:\t 888 kB\n'), 12 * 1024)
  assert.throws(() => parseAnonymousBytes('VmRSS:\t  900 kB\n'), /no RssAnon/)
})

test('the real files of this process are understood', { skip: process.platform !== 'linux' }, () => {
  assert.ok(parseAnonymousBytes(readFileSync('/proc/self/status', 'utf8')) > 1024 * 1024)
  assert.ok(parseTaskTimes(readFileSync('/proc/self/stat', 'utf8')) > 0)
  assert.ok(parseProcessorTimes(readFileSync('/proc/stat', 'utf8'), 0).busy > 0)
})

const hole = (name: string): string => `$\{${name}}`

test('a template is filled, and a name without a value is an error', () => {
  assert.equal(fill(`port ${hole('PORT')}; $part ${hole('PORT')}`, { PORT: '7' }), 'port 7; $part 7')
  assert.throws(() => fill(`${hole('PORT')} ${hole('FOLDER')}`, { PORT: '7' }), /no value for FOLDER/)
})

test('waiting ends with the answer or with the reason', async () => {
  assert.equal(await within(1000, 'it', Promise.resolve(5)), 5)
  await assert.rejects(within(5, 'it', new Promise(() => undefined)), /it: nothing for 0.005 s/)
  let asked = 0
  await until(async () => ++asked === 3, 'it', { ms: 5000, everyMs: 1 })
  assert.equal(asked, 3)
  const refuse = async (): Promise<boolean> => {
    throw new Error('refused')
  }
  await assert.rejects(until(refuse, 'it', { ms: 10, everyMs: 1 }), /it: not within 0.01 s \(refused\)/)
})

import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { systemRandom } from '../../../src/runtime/random.ts'
import { DataLocked, lockData } from '../../../src/stores/data-lock.ts'

/** Compiled tests have compiled starters beside them. */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const starterFile = fileURLToPath(new URL(`../../support/lock-starter.${extension}`, import.meta.url))

const running = new Set<Starter>()

/** Another process. */
class Starter {
  readonly #child: ChildProcess = fork(starterFile)

  static async started(): Promise<Starter> {
    const starter = new Starter()
    running.add(starter)
    assert.equal(await starter.#heard(), 'ready')
    return starter
  }

  async ask(message: string): Promise<string> {
    this.#child.send(message)
    return await this.#heard()
  }

  async kill(): Promise<void> {
    running.delete(this)
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  async #heard(): Promise<string> {
    const [text] = await once(this.#child, 'message')
    return String(text)
  }
}

let root: string
let folder: string
let folders = 0

before(() => {
  root = mkdtempSync(join(tmpdir(), 'headgate-lock-'))
})
after(async () => {
  await Promise.all([...running].map((starter) => starter.kill()))
  rmSync(root, { recursive: true })
})
beforeEach(() => {
  folder = join(root, `data-${++folders}`)
  mkdirSync(folder)
})

test('a second lock is refused, in this process and in another; a released folder is free', async () => {
  const starter = await Starter.started()
  const lock = await lockData(folder, systemRandom)
  await assert.rejects(lockData(folder, systemRandom), (error: Error) => {
    assert.ok(error instanceof DataLocked)
    assert.match(error.message, new RegExp(folder))
    return true
  })
  assert.equal(await starter.ask(`lock ${folder}`), 'refused')
  await lock.release()
  assert.equal(await starter.ask(`lock ${folder}`), 'held')
  await assert.rejects(lockData(folder, systemRandom), DataLocked)
  assert.equal(await starter.ask('release'), 'released')
  await (await lockData(folder, systemRandom)).release()
})

test('a lock whose process was killed is taken over, and leaves nothing behind', async () => {
  for (let round = 0; round < 3; round++) {
    const starter = await Starter.started()
    assert.equal(await starter.ask(`lock ${folder}`), 'held')
    await assert.rejects(lockData(folder, systemRandom), DataLocked)
    await starter.kill()
    const lock = await lockData(folder, systemRandom)
    await lock.release()
  }
  assert.deepEqual(readdirSync(folder), [])
})

test('folders may lie deeper than a socket path may be long, and have any name', async () => {
  for (const name of ['x'.repeat(200), 'with spaces and ümläut', 'x/'.repeat(150)]) {
    const deep = join(folder, name)
    mkdirSync(deep, { recursive: true })
    assert.ok(name.includes(' ') || deep.length > 107)
    const lock = await lockData(deep, systemRandom)
    await assert.rejects(lockData(deep, systemRandom), DataLocked)
    await lock.release()
  }
})

test('other files of the folder are left alone', async () => {
  mkdirSync(join(folder, 'lmdb'))
  mkdirSync(join(folder, 'log'))
  await (await lockData(folder, systemRandom)).release()
  await (await lockData(folder, systemRandom)).release()
  assert.ok(existsSync(join(folder, 'lmdb')) && existsSync(join(folder, 'log')))
})

test('a folder that is not there is an error of its own', async () => {
  await assert.rejects(lockData(join(folder, 'nowhere'), systemRandom), { code: 'ENOENT' })
})

test('of several starters at once exactly one wins, over a stale lock as over none', async () => {
  const starters = await Promise.all(Array.from({ length: 5 }, () => Starter.started()))
  let stale: Starter | undefined
  for (let round = 0; round < 60; round++) {
    const contested = join(folder, `${round}`)
    mkdirSync(contested)
    if (round % 3 !== 0) {
      // Left behind by a process that was killed, or released in order.
      stale ??= await Starter.started()
      assert.equal(await stale.ask(`lock ${contested}`), 'held')
      if (round % 6 === 1) {
        await stale.kill()
        stale = undefined
      } else {
        await stale.ask('release')
      }
    }
    const answers = await Promise.all(starters.map((starter) => starter.ask(`lock ${contested}`)))
    assert.deepEqual(answers.toSorted(), ['held', 'refused', 'refused', 'refused', 'refused'], `round ${round}`)
    await Promise.all(starters.map((starter) => starter.ask('release')))
  }
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Contender } from '../../../bench/cases/case.ts'
import { DataFolders } from '../../../bench/data/data-folders.ts'
import { inTurn, runCase } from '../../../bench/rounds.ts'
import { fullScale } from '../../../bench/scale.ts'
import type { RunningSystem, System } from '../../../bench/systems/system.ts'

/** Hands out folders without touching the disk. */
class NoFolders extends DataFolders {
  override async prepare(): Promise<undefined> {
    return undefined
  }

  override async take() {
    return { folder: this.root, release: () => undefined }
  }
}

const data = new NoFolders(undefined)
after(() => data.remove())

function contender(name: string, measured: (name: string, seed: number) => void, program = 'node'): Contender {
  const running: RunningSystem = {
    ...{ pid: 0, port: 0, respPort: 0, counters: async () => assert.fail() },
    ...{ settle: async () => undefined, stop: async () => undefined, kill: async () => undefined },
  }
  const system: System = { name, program, configuration: '', data: undefined, start: async () => running }
  return {
    ...{ name, system, description: '', writes: false },
    measure: async ({ seed }) => {
      measured(name, seed)
      return { figures: { rate: seed }, problems: [], heldBack: false }
    },
  }
}

test('every round begins with the next one and goes round', () => {
  const orders = [1, 2, 3, 4].map((round) => inTurn(['a', 'b', 'c'], round).join(' '))
  assert.deepEqual(orders, ['a b c', 'b c a', 'c a b', 'a b c'])
  assert.deepEqual(inTurn([], 3), [])
})

test('contenders take turns in that order, results stay in the order of the case, rounds in theirs', async () => {
  const ran: string[] = []
  const told: string[] = []
  const measured = (name: string, seed: number) => void ran.push(`${name}${seed}`)
  const absent = contender('absent', measured, 'no-such-program-anywhere')
  const contenders = [contender('a', measured), absent, contender('b', measured)]
  const result = await runCase(
    { name: 'case', title: '', contenders, comparisons: [] },
    {
      data,
      scale: { ...fullScale, rounds: 3 },
      watcher: {
        onPrepared: () => assert.fail(),
        onRound: ({ contender: name, round }) => void told.push(`${name}${round}`),
      },
    },
  )
  assert.deepEqual(ran, ['a1', 'b1', 'b2', 'a2', 'a3', 'b3'])
  assert.deepEqual(told, ran)
  assert.deepEqual(
    result.contenders.map(({ name, rounds }) => [name, ...rounds.map(({ figures }) => figures['rate'])]),
    [['a', 1, 2, 3], ['absent'], ['b', 1, 2, 3]],
  )
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { allCases } from '../../../bench/cases/all-cases.ts'
import { heldBack } from '../../../bench/cases/throughput.ts'
import { floors } from '../../../bench/floors.ts'
import { floorText } from '../../../bench/report/figures.ts'
import { configurations } from '../../../bench/report/result-file.ts'
import { fullScale } from '../../../bench/scale.ts'

const cases = allCases(fullScale, 'dist/main.js')
const page = readFileSync('docs/performance.md', 'utf8')

test('every floor belongs to a comparison, once', () => {
  const names = cases.flatMap(({ name, comparisons }) => comparisons.map((each) => `${name}/${each.name}`))
  assert.equal(new Set(names).size, names.length)
  for (const { of } of floors) assert.ok(names.includes(of), of)
  assert.equal(new Set(floors.map(({ of }) => of)).size, floors.length)
})

test('comparisons are of contenders that are there', () => {
  for (const { name, contenders, comparisons } of cases) {
    const there = contenders.map((contender) => contender.name)
    for (const { of, over } of comparisons) {
      assert.ok(there.includes(of), `${name}: ${of}`)
      assert.ok(over === undefined || there.includes(over), `${name}: ${over}`)
    }
  }
})

test('every contender has a configuration that is published', () => {
  const published = configurations()
  for (const { contenders } of cases) {
    for (const { system } of contenders) assert.ok(published[system.configuration] !== undefined, system.name)
  }
})

test('all stores of one size hold the same number of records', () => {
  for (const { contenders } of cases) {
    for (const { system } of contenders) {
      if (system.data === undefined) continue
      const { valueBytes, records } = system.data
      assert.equal(records, valueBytes === 128 ? 1_000_000 : 50_000, system.name)
    }
  }
})

test('docs/performance.md shows every configuration as it is', () => {
  for (const [name, text] of Object.entries(configurations())) {
    const shown = page.split(`\`bench/peers/${name}\`\n\n`)[1]?.split('```')[1]
    assert.equal(shown?.slice(shown.indexOf('\n') + 1), `${text.trimEnd()}\n`, name)
  }
})

test('docs/performance.md has the floors, all of them and no others', () => {
  const rows = page.match(/^\| `[^`]+\/[^`]+` \|.*$/gm) ?? []
  const expected = floors.map((floor) => `| \`${floor.of}\` | ${floorText(floor)} | ${floor.claim} |`)
  assert.deepEqual(rows, expected)
})

test('a generator that is nearly busy is the bottleneck of a system that is not', () => {
  const seen = (system: number, generator: number) => heldBack({ system, generator })
  assert.deepEqual([seen(0.84, 0.955), seen(0.9, 0.85), seen(0.856, 0.872)], [true, true, true])
  // A system at its limit, and two sides that wait for a disk.
  assert.deepEqual([seen(0.93, 0.95), seen(0.56, 0.51), seen(0.9, 0.84)], [false, false, false])
})

test('what a long run is judged by is its second half, the whole is told beside it', () => {
  const long = cases.filter(({ name }) => name.endsWith('-sustained'))
  assert.equal(long.length, 2)
  for (const { name, comparisons } of long) {
    const judged = comparisons.filter((each) => floors.some(({ of }) => of === `${name}/${each.name}`))
    assert.deepEqual(
      judged.map(({ figure }) => figure),
      ['secondHalfRate'],
    )
    assert.match(floors.find(({ of }) => of === `${name}/redis`)!.claim, /second half of 60 s/)
    assert.ok(comparisons.some((each) => each.name === 'redis-whole' && each.figure === 'rate'))
  }
})

test('docs/performance.md names what is compared without a floor, and says how many GETs come beside queries', () => {
  const names = cases.flatMap(({ name, comparisons }) => comparisons.map((each) => `${name}/${each.name}`))
  const without = names.filter((name) => !floors.some(({ of }) => of === name))
  const [, sentence = ''] = page.split('Without a floor, for information,')
  const named = [...sentence.split('Nothing is promised')[0]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
  assert.deepEqual(named, without)
  assert.equal(fullScale.besideQueriesPerSecond, 5000)
})

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to the environment look like templates
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { expandEnvironment, plainScalar } from '../../../src/config/expand-env.ts'
import { linesOf, load, settingsFrom } from './loading.ts'

function expand(text: string, environment: Record<string, string> = {}): { text: string; problems: string[] } {
  const problems: string[] = []
  return { text: expandEnvironment(text, environment, (problem) => problems.push(problem)), problems }
}

describe('expandEnvironment', () => {
  test('replaces every reference', () => {
    assert.equal(expand('${A}-${B_2}', { A: 'x', B_2: 'y' }).text, 'x-y')
  })

  test('a set but empty variable is empty without a fallback and the fallback with one', () => {
    assert.deepEqual(expand('[${A}] [${A:-z}]', { A: '' }), { text: '[] [z]', problems: [] })
  })

  test('what a variable holds is not expanded again', () => {
    assert.equal(expand('${A}', { A: '${B}', B: 'no' }).text, '${B}')
  })

  test('$${ is a literal ${', () => assert.equal(expand('$${A}', { A: 'x' }).text, '${A}'))

  test('an unknown variable is a problem that names it', () => {
    assert.match(expand('${NOPE}').problems.join(), /NOPE is not set/)
  })

  for (const text of ['${}', '${1A}', '${A B}', '${A-x}']) {
    test(`${text} is no reference`, () => assert.equal(expand(text, { A: 'x' }).problems.length, 1))
  }
})

test('a plain scalar keeps its kind', () => {
  assert.deepEqual(['7400', '-1.5', 'true', 'false', '1MiB', ''].map(plainScalar), [
    7400,
    -1.5,
    true,
    false,
    '1MiB',
    '',
  ])
})

const file = (port: string) =>
  `cluster: \${NAME}\nstore: {kind: embedded}\nlisten:\n  http: { host: 127.0.0.1, port: ${port} }\n`

test('references stand anywhere in a file, in flow maps too, and numbers stay numbers', (t) => {
  const settings = settingsFrom(t, file('${PORT}'), { environment: { NAME: 'shop', PORT: '81' } })
  assert.equal(settings.cluster, 'shop')
  assert.equal(settings.listen.http.port, 81)
})

test('quotes make a text of it', (t) => {
  const result = load(t, file("'${PORT}'"), { environment: { NAME: 'shop', PORT: '81' } })
  assert.deepEqual(linesOf(result), ['4:34 listen.http.port must be a whole number from 0 to 65535'])
})

test('unknown variables are reported with their place, once each, beside other problems', (t) => {
  const result = load(t, `${file('${PORT}')}limits: { timeot: 1s }\n`)
  assert.equal(result.ok, false)
  assert.deepEqual(
    linesOf(result).map((line) => line.split(';')[0]),
    [
      '1:10 the environment variable NAME is not set',
      '4:34 the environment variable PORT is not set',
      '5:11 limits.timeot is not an option',
    ],
  )
})

test('a comment may name a variable that is not set', (t) => {
  const settings = settingsFrom(t, 'cluster: shop # ${NOPE}\nstore: {kind: embedded}\n')
  assert.equal(settings.cluster, 'shop')
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import ts from 'typescript'
import { type ErrorCode, type ErrorSpec, errorTable, GatewayError } from '../../src/errors.ts'
import { shed } from '../../src/execution/shedding.ts'
import { errorText } from '../../src/ingress/resp/error-text.ts'
import { seededRandom } from '../../src/runtime/random.ts'
import { typescriptOf } from './source-files.ts'
import { parse, walk } from './syntax.ts'

const codes = new Map<string, ErrorSpec>(Object.entries(errorTable))

/** Differences between the table of codes and the page, both ways. */
function compareCodes(page: string, known: ReadonlyMap<string, ErrorSpec>): readonly string[] {
  const rows = rowsOf(page, 'Codes')
  const documented = new Map(rows.map(([code, ...cells]) => [unquoted(code!), cells]))
  const missing = [...known.keys()].filter((code) => !documented.has(code)).map((code) => `${code} has no row`)
  const wrong = [...documented].flatMap(([code, [status, source, retryable, meaning, advice]]) => {
    const spec = known.get(code)
    if (spec === undefined) return [`${code} is no code`]
    const expected = `${spec.status} ${spec.source} ${spec.retryable ? 'yes' : 'no'}`
    const found = `${status} ${source} ${retryable}`
    const empty = meaning === '' || advice === '' || advice === undefined
    return [...(found === expected ? [] : [`${code}: ${found}, not ${expected}`]), ...(empty ? [`${code}: empty`] : [])]
  })
  const twice = rows.length === documented.size ? [] : ['a code has two rows']
  return [...missing, ...wrong, ...twice]
}

/** The first column under a heading against the names that must be there. */
function compareNames(page: string, heading: string, known: readonly string[]): readonly string[] {
  const documented = rowsOf(page, heading).map(([name]) => unquoted(name!))
  return [
    ...known.filter((name) => !documented.includes(name)).map((name) => `${name} has no row`),
    ...documented.filter((name) => !known.includes(name)).map((name) => `${name} does not exist`),
  ]
}

/** The cells of the first table under a heading, without its two head lines. */
function rowsOf(page: string, heading: string): readonly string[][] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  const table = section.split('\n').filter((line) => line.startsWith('|'))
  return table.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

function unquoted(cell: string): string {
  return cell.replaceAll('`', '')
}

/** The members of a union of string literals, read from the source: types leave nothing to import. */
function unionMembers(text: string, name: string): readonly string[] {
  const members: string[] = []
  walk(parse({ path: 'union.ts', text }), (node) => {
    if (!ts.isTypeAliasDeclaration(node) || node.name.text !== name) return
    walk(node, (part) => {
      if (ts.isStringLiteral(part)) members.push(part.text)
    })
  })
  return members
}

/** Codes whose text in the Redis protocol is not the usual `ERR <code> <detail>`, with that text. */
function specialTexts(textOf: (code: ErrorCode) => string): ReadonlyMap<string, string> {
  const texts = (Object.keys(errorTable) as ErrorCode[]).map((code) => [code, textOf(code)] as const)
  return new Map(texts.filter(([code, text]) => !text.startsWith(`ERR ${code} `)))
}

function compareTexts(page: string, heading: string, special: ReadonlyMap<string, string>): readonly string[] {
  const documented = new Map(rowsOf(page, heading).map(([code, text]) => [unquoted(code!), unquoted(text!)]))
  const codes = new Set([...special.keys(), ...documented.keys()])
  return [...codes]
    .filter((code) => special.get(code) !== documented.get(code))
    .map((code) => `${code}: the page says ${documented.get(code)}, Headgate ${special.get(code)}`)
}

const page = (): string => readFileSync('docs/errors.md', 'utf8')
const shedReasons = (): readonly string[] => unionMembers(readFileSync('src/errors.ts', 'utf8'), 'ShedReason')

const table = (...rows: readonly string[]): string =>
  `# E\n\n## Codes\n\n| code | s | s | r | m | a |\n|---|---|---|---|---|---|\n${rows.join('\n')}\n\n## More\n`
const one = new Map<string, ErrorSpec>([['a', { status: 400, source: 'client', retryable: false, title: 'A' }]])
const right = '| `a` | 400 | client | no | means | do |'

test('differences between codes and page are found', () => {
  assert.deepEqual(compareCodes(table(right), one), [])
  assert.deepEqual(compareCodes(table(), one), ['a has no row'])
  assert.deepEqual(compareCodes(table(right, right.replace('`a`', '`b`')), one), ['b is no code'])
  assert.deepEqual(compareCodes(table(right.replace('400', '404')), one), ['a: 404 client no, not 400 client no'])
  assert.deepEqual(compareCodes(table(right.replace(' no ', ' yes ')), one), ['a: 400 client yes, not 400 client no'])
  assert.deepEqual(compareCodes(table(right.replace(' do ', ' ')), one), ['a: empty'])
  assert.deepEqual(compareCodes(table(right, right), one), ['a code has two rows'])
})

test('differences between names and page are found', () => {
  assert.deepEqual(unionMembers("type A = 'x'\nexport type B = 'y' | 'z'", 'B'), ['y', 'z'])
  assert.deepEqual(compareNames(table('| `y` | m |'), 'Codes', ['y', 'z']), ['z has no row'])
  assert.deepEqual(compareNames(table('| `y` | m |'), 'Codes', []), ['y does not exist'])
})

test('every error code has its row in docs/errors.md, and every row its code', () => {
  assert.deepEqual(compareCodes(page(), codes), [])
})

test('every reason to shed has its row in docs/errors.md, and every row its reason', () => {
  assert.ok(shedReasons().length > 0)
  assert.deepEqual(compareNames(page(), 'Reasons', shedReasons()), [])
})

test('the example of docs/errors.md is an answer that is given', () => {
  const { detail, code } = shed('queue-full', true, seededRandom(1))
  assert.ok(page().includes(`"detail": "${detail}"`), detail)
  assert.ok(page().includes(`"code": "${code}"`))
})

test('every reason to shed is given somewhere', () => {
  const named = new Set(['src/errors.ts', 'src/execution/shedding.ts', 'src/telemetry/request-counters.ts'])
  const others = typescriptOf('src').filter(({ path }) => !named.has(path))
  const given = (reason: string): boolean => others.some(({ text }) => text.includes(`'${reason}'`))
  assert.deepEqual(
    shedReasons().filter((reason) => !given(reason)),
    [],
  )
  assert.equal(given('no-such-reason'), false)
})

test('every error of its own in the Redis protocol is in docs/errors.md as it is sent', () => {
  const example = { reason: 'queue-full', retryAfterMs: 250, outcome: 'unknown' } as const
  const special = specialTexts((code) => errorText(new GatewayError(code, 'Detail.', example), 'get'))
  assert.ok(special.size > 5)
  assert.deepEqual(compareTexts(page(), 'Redis protocol', special), [])
  assert.equal(compareTexts(page(), 'Codes', special).length > 0, true)
  assert.deepEqual(compareTexts(table('| `a` | `X` |'), 'Codes', new Map([['a', 'X']])), [])
  assert.equal(compareTexts(table('| `a` | `X` |'), 'Codes', new Map([['a', 'Y']])).length, 1)
  assert.equal(compareTexts(table('| `a` | `X` |'), 'Codes', new Map()).length, 1)
})

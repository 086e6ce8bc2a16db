import assert from 'node:assert/strict'
import { test } from 'node:test'
import ts from 'typescript'
import { expectCheck } from './expect-check.ts'
import { type Check, filesOf, matches, placeOf, type SourceFile, typescriptOf } from './source-files.ts'
import { parse, walk } from './syntax.ts'

/** Put together here, so that this file does not find itself. */
const marks = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK']
const suppressions = ['@ts-' + 'ignore', '@ts-' + 'nocheck', 'as unknown' + ' as']

const leftoverMarks: Check = (files) => {
  const pattern = new RegExp(`\\b(${marks.join('|')})\\b`, 'g')
  return files.flatMap((file) => matches(file, pattern, (mark) => `${mark}: do it, or write an issue`))
}

/** Files that may, with the reason. Shrinks, never grows without one. */
const mayCastTwice = new Map([
  ['src/stores/embedded/engine/lmdb-binding.ts', 'declares the part of lmdb it uses, which the published types lack'],
])

/** A fake of one of Node's sockets has the few members that are used; tests may pass it for the whole. */
const fakeSocket = /(?<=^test\/.*:\d+ ).* Socket$/

const silencedTypes: Check = (files) => {
  const pattern = new RegExp(`(${suppressions.join('|')}) ?\\w*`, 'g')
  return files
    .filter(({ path }) => !mayCastTwice.has(path))
    .flatMap((file) => matches(file, pattern, (text) => text))
    .filter((line) => !fakeSocket.test(line))
    .map((line) => `${line}: say the type instead`)
}

/** `a || 10` turns a zero into ten. `a - b || 0` is no default: it turns NaN into zero. */
const numericDefaults: Check = (files) => files.flatMap(numericDefaultsIn)

function numericDefaultsIn(file: SourceFile): readonly string[] {
  const found: string[] = []
  walk(parse(file), (node) => {
    if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.BarBarToken) return
    if (isNumber(node.right) && !(ts.isBinaryExpression(node.left) && node.right.getText() === '0'))
      found.push(`${placeOf(file, node.getStart())} ${node.getText()}: use ?? for defaults`)
  })
  return found
}

function isNumber(node: ts.Expression): boolean {
  return ts.isNumericLiteral(node) || (ts.isPrefixUnaryExpression(node) && ts.isNumericLiteral(node.operand))
}

const code = typescriptOf('src', 'test', 'bench', 'scripts')
const plant = (text: string, ...finds: readonly RegExp[]) => ({ path: 'src/planted.ts', text, finds })

expectCheck('nothing is left for later', leftoverMarks, {
  files: filesOf(['.ts', '.md', '.yaml', '.yml', '.json', '.cjs', 'Dockerfile', '/run']),
  planted: [
    ...marks.map((mark) => plant(`// ${mark}: later`, new RegExp(`^src/planted\\.ts:1 ${mark}`))),
    plant(`const ${marks[0]!.toLowerCase()}Count = 1`),
  ],
})

expectCheck('types are not silenced', silencedTypes, {
  files: code,
  planted: [
    ...suppressions.map((text) => plant(`\n${text} X`, /^src\/planted\.ts:2 .* X: say the type/)),
    plant(`fake ${suppressions.at(-1)} Socket`, /Socket: say the type/),
    { path: 'test/planted.test.ts', text: `fake ${suppressions.at(-1)} Socket`, finds: [] },
  ],
})

test('who may silence types does so', () => {
  const silencing = code.filter(({ text }) => suppressions.some((suppression) => text.includes(suppression)))
  const paths = silencing.map(({ path }) => path)
  for (const path of mayCastTwice.keys()) assert.ok(paths.includes(path), `${path} needs no exception any more`)
})

expectCheck('defaults are written with ??', numericDefaults, {
  files: code,
  planted: [
    plant('const a = b || 10', /b \|\| 10: use \?\?/),
    plant('const a = b || -1', /use/),
    plant('if (a || b) c(a - b || 0)'),
  ],
})

import ts from 'typescript'
import { expectCheck } from './expect-check.ts'
import { type Check, type SourceFile, typescriptOf } from './source-files.ts'
import { linesOf, parse } from './syntax.ts'

const limit = 70

/**
 * A function that tests hand to one another may group any number of them: below `test` the lines of functions within
 * a function count for those alone.
 */
const longFunctions: Check = (files) => files.flatMap((file) => longFunctionsIn(file, file.path.startsWith('test/')))

function longFunctionsIn(file: SourceFile, ownLinesOnly: boolean): readonly string[] {
  const tree = parse(file)
  const found: string[] = []
  /** Returns the lines that functions below `node` take. */
  const visit = (node: ts.Node): number => {
    let inner = 0
    node.forEachChild((child) => {
      inner += visit(child)
    })
    if (!ts.isFunctionLike(node)) return inner
    const { first, last } = linesOf(tree, node)
    const lines = last - first + 1
    const counted = ownLinesOnly ? lines - inner : lines
    if (counted > limit) found.push(`${file.path}:${first} a function of ${counted} lines, ${limit} are allowed`)
    return lines
  }
  visit(tree)
  return found
}

const body = (lines: number): string => '  run()\n'.repeat(lines)

expectCheck('functions have at most 70 lines', longFunctions, {
  files: typescriptOf('src', 'test', 'bench', 'scripts'),
  planted: [
    { path: 'src/a.ts', text: `function a() {\n${body(69)}}\n`, finds: [/^src\/a\.ts:1 a function of 71 lines/] },
    { path: 'src/b.ts', text: `const b = async () => {\n${body(80)}}\n`, finds: [/82 lines/] },
    { path: 'src/c.ts', text: `class C {\n  m() {\n${body(80)}  }\n}\n`, finds: [/^src\/c\.ts:2 /] },
    { path: 'src/d.ts', text: `function d() {\n${body(68)}}\n`, finds: [] },
    { path: 'test/e.ts', text: `function e() {\n${`test(() => {\n${body(40)}})\n`.repeat(9)}}\n`, finds: [] },
    {
      path: 'test/f.ts',
      text: `function f() {\ntest(() => {\n${body(80)}})\n}\n`,
      finds: [/^test\/f\.ts:2 .* 82 lines/],
    },
  ],
})

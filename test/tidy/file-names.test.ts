import ts from 'typescript'
import { expectCheck } from './expect-check.ts'
import { type Check, type SourceFile, typescriptOf } from './source-files.ts'
import { parse } from './syntax.ts'

const vagueWords = 'utils?|helpers?|common|misc|shared|types'
const vague = new RegExp(`(^|[/.-])(${vagueWords})(\\.test)?\\.ts$|/(${vagueWords})/`)
const shape = /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*(\.test)?(\.d)?\.ts$/

const vagueNames: Check = (files) =>
  files.filter(({ path }) => vague.test(path)).map(({ path }) => `${path}: the name does not say what is in it`)

const oddNames: Check = (files) =>
  files.filter(({ path }) => !shape.test(path)).map(({ path }) => `${path}: names are lower case with hyphens`)

/** A file that only passes on what other files export hides where things live. */
const barrels: Check = (files) => files.filter(isBarrel).map(({ path }) => `${path}: a barrel; import from the source`)

function isBarrel(file: SourceFile): boolean {
  const { statements } = parse(file)
  const passedOn = statements.filter((node) => ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined)
  return /(^|\/)index\.ts$/.test(file.path) || (statements.length > 0 && passedOn.length === statements.length)
}

const files = typescriptOf('src', 'test', 'bench', 'scripts')
const plant = (path: string, ...finds: readonly RegExp[]) => ({ path, text: 'export const a = 1\n', finds })

expectCheck('file names say what is inside', vagueNames, {
  files,
  planted: [
    ...['src/utils.ts', 'src/helpers/a.ts', 'src/http-helpers.ts', 'test/common.test.ts', 'src/routing/types.ts'].map(
      (path) => plant(path, /does not say/),
    ),
    plant('src/operation/content-type.ts'),
    plant('src/prototypes.ts'),
  ],
})

expectCheck('file names are lower case with hyphens', oddNames, {
  files,
  planted: [plant('src/httpParser.ts', /lower case/), plant('src/a_b.ts', /lower case/), plant('src/http/a-b.test.ts')],
})

expectCheck('there are no barrels', barrels, {
  files,
  planted: [
    { path: 'src/all.ts', text: "export * from './a.ts'\nexport { b } from './b.ts'\n", finds: [/a barrel/] },
    plant('src/merge/index.ts', /a barrel/),
    { path: 'src/some.ts', text: "export { b } from './b.ts'\nexport const a = 1\n", finds: [] },
  ],
})

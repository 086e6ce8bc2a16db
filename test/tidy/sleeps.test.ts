import ts from 'typescript'
import { expectCheck } from './expect-check.ts'
import { type Check, type SourceFile, typescriptOf } from './source-files.ts'
import { linesOf, parse, walk } from './syntax.ts'

/** Sleeping is guessing how long something takes. What must poll (an outside program) does so in `test/support`. */
const sleeps: Check = (files) => files.flatMap(sleepsIn)

function sleepsIn(file: SourceFile): readonly string[] {
  const tree = parse(file)
  const found: string[] = []
  walk(tree, (node) => {
    if (!isSleepImport(node) && !isSleep(node)) return
    found.push(`${file.path}:${linesOf(tree, node).first} a sleep: wait for the thing itself`)
  })
  return found
}

/** `import { setTimeout } from 'node:timers/promises'` */
function isSleepImport(node: ts.Node): boolean {
  if (!ts.isImportSpecifier(node) || (node.propertyName ?? node.name).text !== 'setTimeout') return false
  const { moduleSpecifier } = node.parent.parent.parent
  return ts.isStringLiteral(moduleSpecifier) && moduleSpecifier.text === 'node:timers/promises'
}

/** `new Promise((resolve) => setTimeout(resolve, 50))`; a timer that rejects is a guard, not a sleep. */
function isSleep(node: ts.Node): boolean {
  if (!ts.isNewExpression(node) || node.expression.getText() !== 'Promise') return false
  const executor = node.arguments?.[0]
  if (executor === undefined || !ts.isArrowFunction(executor)) return false
  const resolve = executor.parameters[0]?.name.getText()
  let found = false
  walk(executor.body, (inner) => {
    if (!ts.isCallExpression(inner) || inner.expression.getText() !== 'setTimeout') return
    const task = inner.arguments[0]?.getText() ?? ''
    found ||= resolve !== undefined && (task === resolve || new RegExp(`=> ${resolve}\\(`).test(task))
  })
  return found
}

const plant = (text: string, ...finds: readonly RegExp[]) => ({ path: 'test/planted.test.ts', text, finds })

expectCheck('tests do not sleep', sleeps, {
  files: typescriptOf('test').filter(({ path }) => path.endsWith('.test.ts')),
  planted: [
    plant('\nawait new Promise((done) => setTimeout(done, 50))', /^test\/planted\.test\.ts:2 a sleep/),
    plant('await new Promise((done) => { setTimeout(() => done(1), 50) })', /a sleep/),
    plant("import { setTimeout as sleep } from 'node:timers/promises'", /a sleep/),
    plant("import { setImmediate } from 'node:timers/promises'"),
    plant('await new Promise((_, reject) => setTimeout(() => reject(new Error("late")), 50))'),
    plant('await new Promise((done) => server.close(done)); setTimeout(answer, 5)'),
  ],
})

import ts from 'typescript'
import { expectCheck } from './expect-check.ts'
import { type Check, type SourceFile, typescriptOf } from './source-files.ts'
import { linesOf, parse, walk } from './syntax.ts'

/** What reaches for time or chance by itself, and what to use instead (`Runtime` is handed in). */
const banned = new Map([
  ['Date.now', 'runtime.clock.wallMs()'],
  ['new Date()', 'new Date(runtime.clock.wallMs())'],
  ['performance.now', 'runtime.clock.now()'],
  ['process.hrtime', 'runtime.clock.now()'],
  ['process.uptime', 'runtime.clock.now() and the time of the start'],
  ['Math.random', 'runtime.random.integer()'],
  ['setTimeout', 'runtime.timers.after()'],
  ['setInterval', 'runtime.timers.every()'],
  ['setImmediate', 'runtime.timers.soon()'],
  ['randomBytes', 'runtime.random.bytes()'],
  ['randomFillSync', 'runtime.random.bytes()'],
  ['getRandomValues', 'runtime.random.bytes()'],
  ['randomInt', 'runtime.random.integer()'],
  ['randomUUID', 'runtime.random.bytes()'],
])
const bannedModules = new Map([
  ['node:timers', 'runtime.timers'],
  ['node:timers/promises', 'runtime.timers'],
])

const bannedCalls: Check = (files) => files.flatMap(bannedIn)

function bannedIn(file: SourceFile): readonly string[] {
  const tree = parse(file)
  const found: string[] = []
  walk(tree, (node) => {
    const name = nameOf(node)
    const instead = name === undefined ? undefined : (banned.get(name) ?? bannedModules.get(name))
    if (instead !== undefined) found.push(`${file.path}:${linesOf(tree, node).first} ${name}: use ${instead}`)
  })
  return found
}

/** The banned thing a node may stand for: `a.b`, a bare name that is used or imported, or a module's name. */
function nameOf(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node)) return node.arguments?.length === 0 ? `new ${node.expression.getText()}()` : undefined
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) return node.moduleSpecifier.text
  if (ts.isImportSpecifier(node)) return (node.propertyName ?? node.name).text
  if (ts.isPropertyAccessExpression(node)) {
    const whole = `${node.expression.getText()}.${node.name.text}`.replace(/^globalThis\./, '')
    return banned.has(whole) ? whole : node.name.text.includes('.') ? undefined : memberName(node)
  }
  return ts.isIdentifier(node) && isUse(node) ? node.text : undefined
}

/** `crypto.randomUUID` is banned by its last name; `timers.setTimeout` too, but `date.now` is not. */
function memberName(node: ts.PropertyAccessExpression): string | undefined {
  return ['crypto', 'globalThis', 'timers'].includes(node.expression.getText()) ? node.name.text : undefined
}

function isUse(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  return !(
    ts.isImportSpecifier(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isPropertySignature(parent)
  )
}

const plant = (text: string, ...finds: readonly RegExp[]) => ({ path: 'src/planted.ts', text, finds })

expectCheck('time and chance enter through src/runtime', bannedCalls, {
  files: typescriptOf('src').filter(({ path }) => !path.startsWith('src/runtime/')),
  planted: [
    plant('const a = Date.now()', /^src\/planted\.ts:1 Date\.now: use runtime\.clock\.wallMs\(\)$/),
    plant('\nconst a = new Date()', /:2 new Date\(\): use/),
    plant('const a = performance.now() + globalThis.performance.now()', /performance\.now/, /performance\.now/),
    plant('const a = process.hrtime.bigint()', /process\.hrtime/),
    plant('const a = Math.random()', /Math\.random: use runtime\.random/),
    plant('setTimeout(run, 5); setInterval(run, 5); setImmediate(run)', /after\(\)/, /every\(\)/, /soon\(\)/),
    plant('await new Promise((done) => globalThis.setTimeout(done, 1))', /setTimeout/),
    plant('const later = setTimeout', /setTimeout/),
    plant("import { randomUUID as id } from 'node:crypto'", /randomUUID/),
    plant("import crypto from 'node:crypto'\ncrypto.randomBytes(4)", /:2 randomBytes/),
    plant("import { setTimeout as sleep } from 'node:timers/promises'", /node:timers\/promises/, /setTimeout/),
    plant('const at = new Date(clock.wallMs()); clock.now(); const x = { setTimeout: 1 }; socket.setTimeout(5)'),
    plant("// Date.now() is banned\nconst text = 'Math.random()'"),
  ],
})

import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser'

const rules = createRequire(resolve('package.json'))('./.dependency-cruiser.cjs') as {
  readonly forbidden: readonly { readonly name: string }[]
  readonly options: ICruiseOptions
}

/** Cruises `src` below a folder by the repository's rules. Throws when nothing was cruised: that proves nothing. */
async function violationsIn(folder: string): Promise<readonly string[]> {
  const { tsConfig: _unused, ...options } = rules.options
  const settings = { ...options, ruleSet: { forbidden: rules.forbidden }, validate: true, baseDir: folder }
  const { output } = await cruise(['src'], settings as ICruiseOptions, undefined, undefined)
  const { modules, summary } = output as ICruiseResult
  assert.ok(modules.length > 0, 'dependency-cruiser saw no modules: is typescript 6 installed?')
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)
}

/**
 * Writes files, each importing the given ones (`type ` before a name imports a type), into a new folder that goes with
 * the test. Packages are those of the repository.
 */
function plant(t: { after(clean: () => void): void }, files: Readonly<Record<string, readonly string[]>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-imports-'))
  t.after(() => rmSync(folder, { recursive: true }))
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  copyFileSync('package.json', join(folder, 'package.json'))
  for (const [path, imports] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), ['export const A = 1\n', ...imports.map(importLine)].join(''))
  }
  return folder
}

function importLine(target: string): string {
  const [, only = '', path] = /^(type )?(.*)$/.exec(target) ?? []
  return `export ${only}{ A as B } from '${path}'\n`
}

const leaves = {
  'src/stores/store.ts': [],
  'src/routing/plan.ts': [],
  'src/stores/embedded/engine.ts': [],
  'src/cluster/coordination/embedded-coordinator.ts': [],
  'src/config/settings.ts': [],
  'src/execution/one.ts': [],
  'src/ingress/http/codec.ts': [],
  'test/support/a.ts': [],
}

const breaking = [
  ['steps-stay-apart', 'src/ingress/a.ts', '../execution/one.ts'],
  ['steps-stay-apart', 'src/stores/b.ts', '../ingress/http/codec.ts'],
  ['only-assembly-names-concrete-stores', 'src/gateway.ts', './stores/embedded/engine.ts'],
  ['only-assembly-names-concrete-coordinators', 'src/way.ts', './cluster/coordination/embedded-coordinator.ts'],
  ['settings-are-handed-in', 'src/admission/a.ts', '../config/settings.ts'],
  ['data-plane-knows-no-control-plane', 'src/routing/b.ts', 'type ../admin/three.ts'],
  ['contracts-stand-alone', 'src/operation/a.ts', '../routing/plan.ts'],
  ['runtime-stands-alone', 'src/runtime/a.ts', '../admin/one.ts'],
  ['load-generator-stands-alone', 'src/loadgen/a.ts', '../ingress/http/codec.ts'],
  ['resolvable', 'src/admin/a.ts', './gone.ts'],
  ['no-cycles', 'src/admin/one.ts', './two.ts'],
  ['steps-stay-apart', 'src/routing/a.ts', 'type ../execution/one.ts'],
  ['product-does-not-need-the-workshop', 'src/admin/b.ts', '../../test/support/a.ts'],
  ['no-comfort-on-the-data-plane', 'src/ingress/http/b.ts', 'zod'],
  ['no-development-packages-in-the-product', 'src/admin/c.ts', 'fast-check'],
] as const

const keeping = {
  'src/admin/two.ts': ['./one.ts'],
  'src/admin/three.ts': ['type ./four.ts', 'zod'],
  'src/admin/four.ts': ['./three.ts'],
  'src/execution/a.ts': ['../routing/plan.ts', '../stores/store.ts'],
  'src/assemble.ts': ['./stores/embedded/engine.ts', './config/settings.ts', './ingress/http/codec.ts'],
  'src/ingress/http/a.ts': ['./codec.ts'],
}

test('planted violations are found, and nothing else', async (t) => {
  const planted = Object.fromEntries(breaking.map(([, path, target]) => [path, [target]]))
  const found = await violationsIn(plant(t, { ...leaves, ...planted, ...keeping }))
  for (const [rule, path] of breaking) {
    const violations = found.filter((line) => line.startsWith(`${rule}: ${path} -> `))
    assert.equal(violations.length, 1, `${rule} in ${path}:\n${found.join('\n')}`)
  }
  assert.equal(found.length, breaking.length, found.join('\n'))
})

test('a folder without modules is no success', async (t) => {
  const folder = plant(t, { 'src/readme/a.ts': [] })
  rmSync(join(folder, 'src/readme/a.ts'))
  await assert.rejects(violationsIn(folder), /saw no modules/)
})

test('the repository keeps the import directions', async () => {
  assert.deepEqual(await violationsIn(resolve('.')), [])
})

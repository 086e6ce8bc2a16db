import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type LoadRequest, type LoadResult, loadSettings } from '../../../src/config/load.ts'
import { whereOf } from '../../../src/config/problem.ts'
import type { Settings } from '../../../src/config/settings.ts'

/** A folder that is gone after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-config-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Loads `text` as a file called shop.yaml. */
export function load(t: TestContext, text: string, request: Partial<LoadRequest> = {}): LoadResult {
  const file = join(temporaryFolder(t), 'shop.yaml')
  writeFileSync(file, text)
  return loadSettings({ file, overrides: [], environment: {}, installed: () => true, ...request })
}

export function settingsFrom(t: TestContext, text: string, request: Partial<LoadRequest> = {}): Settings {
  const result = load(t, text, request)
  if (!result.ok) throw new Error(`refused: ${linesOf(result).join('; ')}`)
  return result.settings
}

/** `line:column message` of every problem (or warning, if it was accepted). */
export function linesOf(result: LoadResult): readonly string[] {
  const problems = result.ok ? result.warnings : result.problems
  return problems.map((problem) => `${whereOf(problem).replace(/^.*shop\.yaml:?/, '')} ${problem.message}`)
}

import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { type Outcome, runCommand } from './run-command.ts'

/** Compiled folders; everything else of the repository is linked beside them. */
const compiled = ['src', 'test', 'bench', 'scripts']
const notLinked = new Set([...compiled, 'node_modules', 'coverage', '.git'])
const tsc = 'node_modules/ts7/bin/tsc'

/**
 * Compiles sources and tests into `folder`, which doubles as the type check. Coverage is measured on compiled files
 * because tsx' one-line output makes code that never ran look covered; without tsx each test file also starts faster.
 */
export async function compile(folder: string): Promise<Outcome> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const output = ['--noEmit', 'false', '--outDir', folder, '--rootDir', '.', '--sourceMap', '--inlineSources']
  const outcome = await runCommand(process.execPath, [tsc, '-p', 'tsconfig.json', ...output])
  for (const name of readdirSync('.')) {
    if (!notLinked.has(name)) symlinkSync(resolve(name), join(folder, name))
  }
  copyData(folder)
  return outcome
}

/** Files that lie beside sources and tests without being code. */
function copyData(folder: string): void {
  for (const name of compiled.filter((path) => existsSync(path))) {
    for (const entry of readdirSync(name, { withFileTypes: true, recursive: true })) {
      if (!entry.isFile() || entry.name.endsWith('.ts')) continue
      const path = relative('.', join(entry.parentPath, entry.name))
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      copyFileSync(path, join(folder, path))
    }
  }
}

/** Where the compiled form of a source file is. */
export function compiledPath(folder: string, path: string): string {
  return join(folder, path.replace(/\.ts$/, '.js'))
}

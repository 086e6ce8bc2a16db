import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file of the repository; `path` is relative to its root, where the tests run. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** A rule: one line for each place that breaks it, beginning with the file's path. */
export type Check = (files: readonly SourceFile[]) => readonly string[]

const notOurs = new Set(['node_modules', 'dist', 'coverage', 'data', '.git', 'package-lock.json'])

/** Every file of the repository whose name ends as given, below `folders`; no folder means the whole repository. */
export function filesOf(endings: readonly string[], ...folders: readonly string[]): readonly SourceFile[] {
  const found: SourceFile[] = []
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (notOurs.has(entry.name)) continue
      if (entry.isDirectory()) visit(path)
      else if (endings.some((ending) => path.endsWith(ending))) found.push({ path, text: readFileSync(path, 'utf8') })
    }
  }
  for (const folder of folders.length === 0 ? ['.'] : folders) visit(folder)
  return found
}

/** The TypeScript files below these folders. */
export function typescriptOf(...folders: readonly string[]): readonly SourceFile[] {
  return filesOf(['.ts'], ...folders)
}

/** A place in a file as editors understand it. */
export function placeOf(file: SourceFile, offset: number): string {
  return `${file.path}:${file.text.slice(0, offset).split('\n').length}`
}

/** One line for each match of `pattern`, which must have the flag g. */
export function matches(file: SourceFile, pattern: RegExp, message: (match: string) => string): readonly string[] {
  return [...file.text.matchAll(pattern)].map((match) => `${placeOf(file, match.index)} ${message(match[0])}`)
}

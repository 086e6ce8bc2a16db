import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Folders whose files take longest: started first, so that the end of the run is not one slow file. */
const slowFirst = [
  'test/fault/',
  'test/integration/',
  'test/simulation/',
  'test/scenario/',
  'test/property/',
  'test/contract/',
  'test/tidy/',
]

/** Paths of the test files below a folder, slowest folders first. */
export function findTests(folder: string, only: string | undefined): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).filter((path) => path.includes(only ?? ''))
  return paths.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
}

function rank(path: string): number {
  const found = slowFirst.findIndex((folder) => path.includes(folder))
  return found === -1 ? slowFirst.length : found
}

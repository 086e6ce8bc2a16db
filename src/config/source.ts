import { withoutEmptySections } from './empty-sections.ts'
import type { Environment } from './expand-env.ts'
import { applyOverride, isProblem, type Override, overrideOf, overrideWithin, parseOverride } from './overrides.ts'
import type { Finding, KeyPath, Place, Problem } from './problem.ts'
import { configSchema, machOne } from './schema.ts'
import { readTextFile, whyUnreadable } from './text-file.ts'
import { readYaml, type YamlTree } from './yaml-tree.ts'

/** What the file and the overrides say together; `tree` is undefined if that cannot be told. */
export interface Source {
  readonly tree: unknown
  readonly problems: readonly Problem[]
  locate(path: KeyPath, at: 'key' | 'value'): Place
}

export function readSource(file: string | undefined, overrides: readonly string[], environment: Environment): Source {
  const base = file === undefined ? withoutFile : readFile(file, environment)
  const parsed = overrides.map((text) => parseOverride(text, environment))
  const problems = [...base.problems, ...parsed.filter(isProblem)]
  const applied = parsed.filter((result): result is Override => !isProblem(result))
  const tree = applied.reduce(applyOverride, base.value)
  return {
    tree: base.value === undefined ? undefined : withoutEmptySections(tree, configSchema),
    problems,
    locate: (path, at) =>
      overrideOf(applied, path)?.place ?? madeBy(applied, base.value, path)?.place ?? base.locate(path, at),
  }
}

/** The last override that made what there is of `path`, where the file has nothing of it. */
function madeBy(applied: readonly Override[], tree: unknown, path: KeyPath): Override | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const above = path.slice(0, depth)
    if (isGiven(tree, above)) return undefined
    const found = overrideWithin(applied, above)
    if (found !== undefined) return found
  }
  return undefined
}

const nowhere: Place = { source: 'defaults', line: undefined, column: undefined, excerpt: undefined }

const withoutFile: YamlTree = { value: machOne, failed: false, problems: [], locate: () => nowhere }

function readFile(file: string, environment: Environment): YamlTree {
  try {
    const tree = readYaml(readTextFile(file), file, environment)
    return tree.failed ? tree : { ...tree, value: tree.value ?? {} }
  } catch (error) {
    const place = { ...nowhere, source: file }
    return {
      value: undefined,
      failed: true,
      problems: [{ ...place, message: `cannot be read: ${whyUnreadable(error)}` }],
      locate: () => place,
    }
  }
}

export function located(source: Source, { path, at, message }: Finding): Problem {
  return { ...source.locate(path, at ?? 'key'), message }
}

export function isGiven(tree: unknown, path: KeyPath): boolean {
  let value = tree
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return false
    value = (value as Readonly<Record<string | number, unknown>>)[part]
  }
  return true
}

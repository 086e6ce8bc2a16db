import type { Environment } from './expand-env.ts'
import { dotted, type KeyPath, type Place, type Problem } from './problem.ts'
import { readYaml } from './yaml-tree.ts'

/** One `--set path=value`; the value is YAML, so that numbers, lists and sections can be given. */
export interface Override {
  readonly place: Place
  readonly path: KeyPath
  readonly value: unknown
}

const pathPattern = /^[A-Za-z][A-Za-z0-9_$]*(\.[A-Za-z0-9_$]+|\[\d+\])*$/

/** Parses `limits.timeout=2s` or `security.clients[0].name=app`. */
export function parseOverride(text: string, environment: Environment): Override | Problem {
  const cut = text.indexOf('=')
  const target = cut < 0 ? text : text.slice(0, cut)
  // Without the value, which may be a secret.
  const source = `--set ${target}`
  const place = { source, line: undefined, column: undefined, excerpt: undefined }
  if (cut < 0 || !pathPattern.test(target)) {
    return { ...place, message: 'must be NAME=VALUE, like limits.timeout=2s' }
  }
  const path = target
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  const tree = readYaml(text.slice(cut + 1), source, environment)
  const problem = tree.problems[0]
  if (problem !== undefined) return { ...place, message: problem.message }
  return { place, path, value: tree.value ?? null }
}

export function isProblem(result: Override | Problem): result is Problem {
  return 'message' in result
}

/** A copy of `tree` with the override's value at its path; sections and list entries on the way are made. */
export function applyOverride(tree: unknown, override: Override): unknown {
  return withValue(tree, override.path, override.value)
}

function withValue(tree: unknown, path: KeyPath, value: unknown): unknown {
  const [part, ...rest] = path
  if (part === undefined) return value
  if (typeof part === 'number') {
    const list = Array.isArray(tree) ? [...tree] : []
    // Any index past the end appends, so that no holes arise.
    const index = Math.min(part, list.length)
    list[index] = withValue(list[index], rest, value)
    return list
  }
  const section = isSection(tree) ? tree : {}
  const entries = Object.entries(section).filter(([key]) => key !== part)
  return Object.fromEntries([
    ...entries,
    [part, withValue(Object.hasOwn(section, part) ? section[part] : undefined, rest, value)],
  ])
}

/** The last override that decided the value at `path`, if any did. */
export function overrideOf(overrides: readonly Override[], path: KeyPath): Override | undefined {
  return overrides.findLast(({ path: target }) => isWithin(path, target))
}

/** The last override that decided something in the section or list entry at `path`. */
export function overrideWithin(overrides: readonly Override[], path: KeyPath): Override | undefined {
  return overrides.findLast(({ path: target }) => isWithin(target, path))
}

function isWithin(path: KeyPath, whole: KeyPath): boolean {
  const [name, within] = [dotted(whole), dotted(path)]
  return within === name || within.startsWith(`${name}.`) || within.startsWith(`${name}[`)
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import { createRequire } from 'node:module'
import { contradictions, type Surroundings } from './contradictions.ts'
import { doubts } from './doubts.ts'
import type { Environment } from './expand-env.ts'
import { findingsOf } from './issues.ts'
import { type Finding, type Problem, whereOf } from './problem.ts'
import { configSchema } from './schema.ts'
import { readSecrets } from './secrets.ts'
import { type Settings, settingsOf } from './settings.ts'
import { isGiven, located, readSource, type Source } from './source.ts'
import { unavailable } from './unavailable.ts'

export interface LoadRequest {
  /** Path of the YAML file; undefined: Mach I defaults. */
  readonly file: string | undefined
  /** `--set` arguments, applied in order over the file. */
  readonly overrides: readonly string[]
  readonly environment: Environment
  /** Whether an optional package can be loaded; looks it up by default. */
  readonly installed?: (packageName: string) => boolean
}

export type LoadResult =
  | { readonly ok: true; readonly settings: Settings; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * Reads, checks and completes a configuration. Never throws for what a user wrote: every problem that can be told
 * apart is reported at once, in the order of the file.
 */
export function loadSettings(request: LoadRequest): LoadResult {
  const source = readSource(request.file, request.overrides, request.environment)
  if (source.tree === undefined) return { ok: false, problems: source.problems }
  const parsed = configSchema.safeParse(source.tree)
  if (!parsed.success) return refused(source, findingsOf(parsed.error.issues, source.tree))
  const config = parsed.data
  const surroundings: Surroundings = {
    given: (path) => isGiven(source.tree, path),
    installed: request.installed ?? isInstalled,
  }
  const secrets = readSecrets(config)
  const found = [...unavailable(config), ...contradictions(config, surroundings), ...secrets.problems]
  if (found.length > 0 || source.problems.length > 0) return refused(source, found)
  const warnings = [...doubts(config, surroundings), ...secrets.doubts]
  return {
    ok: true,
    settings: settingsOf(config, secrets.tokens, secrets.tls),
    warnings: warnings.map((finding) => located(source, finding)),
  }
}

function refused(source: Source, findings: readonly Finding[]): LoadResult {
  const problems = [...source.problems]
  for (const problem of findings.map((finding) => located(source, finding))) {
    // What an unknown environment variable left behind is not worth a second complaint.
    if (!source.problems.some((earlier) => whereOf(earlier) === whereOf(problem))) problems.push(problem)
  }
  const order = (problem: Problem) => problem.line ?? Number.MAX_SAFE_INTEGER
  return { ok: false, problems: problems.sort((a, b) => order(a) - order(b)) }
}

function isInstalled(packageName: string): boolean {
  try {
    createRequire(import.meta.url).resolve(packageName)
    return true
  } catch {
    return false
  }
}

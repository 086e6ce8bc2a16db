import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Judged } from '../judge.ts'
import type { CaseResult } from '../rounds.ts'
import type { Scale } from '../scale.ts'
import { configurationFolder } from '../systems/configuration.ts'
import type { Machine } from './machine.ts'

export interface BenchResult {
  readonly startedAt: string
  readonly minutes: number
  readonly commit: string
  /** The working tree differs from the commit. */
  readonly changed: boolean
  /** What was measured: built from the working tree, or a file that was given, which need not be of the commit. */
  readonly gateway: { readonly program: string; readonly built: boolean }
  readonly quick: boolean
  /** What a complete run has and this one has not (`leftOutOf`); empty for a complete one. */
  readonly leftOut: readonly string[]
  readonly scale: Scale
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  readonly nodeFlags: readonly string[]
  /** Files of `bench/peers` by name; ports and folders are filled in at each start. */
  readonly configurations: Readonly<Record<string, string>>
  readonly judged: readonly Judged[]
  readonly cases: readonly CaseResult[]
}

/** The commit that is checked out, and whether the tree differs from it; `unknown` outside a repository. */
export function commitOf(): { readonly commit: string; readonly changed: boolean } {
  try {
    const git = (...args: readonly string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim()
    return {
      commit: git('rev-parse', '--short', 'HEAD'),
      changed: git('status', '--porcelain', '--', '.', ':!bench/results') !== '',
    }
  } catch {
    return { commit: 'unknown', changed: true }
  }
}

export function configurations(): Readonly<Record<string, string>> {
  const names = readdirSync(configurationFolder).sort()
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(configurationFolder, name), 'utf8')]))
}

/** `bench/results/2026-01-31-1a2b3c4.json`; a quick run or one of chosen cases is written only where it is told. */
export function resultPath(
  { startedAt, commit }: Pick<BenchResult, 'startedAt' | 'commit'>,
  { json, usual }: { readonly json: string | undefined; readonly usual: boolean },
): string | undefined {
  if (json !== undefined) return json
  return usual ? `bench/results/${startedAt.slice(0, 10)}-${commit}.json` : undefined
}

export function writeResult(path: string, result: BenchResult): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`)
}

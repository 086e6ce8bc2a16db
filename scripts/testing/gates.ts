import { type Outcome, runCommand } from './run-command.ts'

export interface Gate {
  readonly name: string
  run(): Promise<Outcome>
}

const bin = (name: string): string => `node_modules/.bin/${name}`

/** Checks of the whole repository that are no tests. */
export const gates: readonly Gate[] = [
  { name: 'format and lint (biome)', run: () => runCommand(bin('biome'), ['check', '.']) },
  { name: 'import directions (dependency-cruiser)', run: cruise },
  { name: 'dead code (knip)', run: () => runCommand(bin('knip'), ['--no-progress', '--no-config-hints']) },
]

/** With a TypeScript it cannot use, dependency-cruiser sees no modules and is content. */
async function cruise(): Promise<Outcome> {
  const outcome = await runCommand(bin('depcruise'), ['src'])
  return outcome.ok && /\b0 modules\b/.test(outcome.output) ? { ...outcome, ok: false } : outcome
}

/** Runs gates one after the other and prints how each went; resolves to the names of those that failed. */
export async function runGates(list: readonly Gate[], print: (line: string) => void): Promise<readonly string[]> {
  const failed: string[] = []
  for (const gate of list) {
    const { ok, output, seconds } = await gate.run()
    print(`${ok ? 'ok    ' : 'FAILED'}  ${gate.name}  ${seconds.toFixed(1)} s`)
    if (!ok) {
      print(output.trimEnd())
      failed.push(gate.name)
    }
  }
  return failed
}

/**
 * Sorts the output of node's `spec` reporter as it comes: test results are passed on, the summary (`tests 12`,
 * `pass 12`, ...) is held back so that it can stand at the very end, and skipped tests are remembered.
 */
export class SpecOutput {
  readonly summary: string[] = []
  readonly skipped: string[] = []
  private readonly pass: (line: string) => void

  constructor(pass: (line: string) => void) {
    this.pass = pass
  }

  onLine(line: string): void {
    const plain = withoutColor(line)
    if (isSummary(plain)) {
      this.summary.push(line)
      return
    }
    const skip = /^\s*﹣ (.*) \([\d.]+ms\) # (.*)$/.exec(plain)
    if (skip !== null) this.skipped.push(skip[2] === 'SKIP' ? skip[1]! : `${skip[1]}: ${skip[2]}`)
    this.pass(line)
  }

  /** The number the summary gives for `tests`, `pass`, `fail`...; undefined if it was never printed. */
  count(name: string): number | undefined {
    const line = this.summary.map(withoutColor).find((text) => text.startsWith(`ℹ ${name} `))
    return line === undefined ? undefined : Number(line.split(' ')[2])
  }
}

function isSummary(line: string): boolean {
  return /^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.test(line)
}

function withoutColor(line: string): string {
  return line.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g'), '')
}

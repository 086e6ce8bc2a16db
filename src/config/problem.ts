/** A place in the configuration: keys and list indexes from the top. */
export type KeyPath = readonly (string | number)[]

/** What is wrong (or doubtful) with one place of the configuration. */
export interface Finding {
  readonly path: KeyPath
  /** Which half of `key: value` to point at; `key` by default. */
  readonly at?: 'key' | 'value'
  /** One sentence that says what is wrong and what to do. Never holds a secret. */
  readonly message: string
}

/** Where in the text that the user wrote. */
export interface Place {
  /** The file, or `--set NAME`. */
  readonly source: string
  /** From 1; undefined where the source has no lines. */
  readonly line: number | undefined
  readonly column: number | undefined
  /** The line of the file and a mark under the column. Left out where it may show a secret. */
  readonly excerpt: string | undefined
}

/** A finding with its place. */
export interface Problem extends Place {
  readonly message: string
}

/** `security.clients[0].name` */
export function dotted(path: KeyPath): string {
  let out = ''
  for (const part of path) out += typeof part === 'number' ? `[${part}]` : out === '' ? part : `.${part}`
  return out
}

/** `shop.yaml:4:3`, `--set limits.timeout` */
export function whereOf({ source, line, column }: Place): string {
  return line === undefined ? source : `${source}:${line}:${column}`
}

/** As compilers print it: `file:line:column: message`, with the excerpt below. */
export function formatProblem(problem: Problem): string {
  const excerpt = problem.excerpt === undefined ? '' : `\n${problem.excerpt}`
  return `${whereOf(problem)}: ${problem.message}${excerpt}`
}

export type Environment = Readonly<Record<string, string | undefined>>

const reference = /\$(\$\{)|\$\{([^}]*)\}/g
const namePattern = /^([A-Za-z_][A-Za-z0-9_]*)(:-(.*))?$/s

/**
 * Replaces `${NAME}` by the environment variable and `${NAME:-text}` by the text if the variable is unset or empty;
 * `$${` stands for a literal `${`. `unknown` receives what was wrong with each reference that has no value.
 */
export function expandEnvironment(text: string, environment: Environment, unknown: (problem: string) => void): string {
  return text.replace(reference, (whole, escaped: string | undefined, inner: string | undefined) => {
    if (escaped !== undefined) return '${'
    const [, name, , fallback] = namePattern.exec(inner ?? '') ?? []
    if (name === undefined) {
      unknown(`${whole} is not a reference to an environment variable; write $\${ for a literal \${`)
      return whole
    }
    const value = environment[name]
    if (value !== undefined && (value !== '' || fallback === undefined)) return value
    if (fallback !== undefined) return fallback
    unknown(`the environment variable ${name} is not set; set it or write \${${name}:-default}`)
    return whole
  })
}

/** What a plain (unquoted) YAML scalar means once its references are replaced: a number, a truth value or the text. */
export function plainScalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

import { refuse } from './problem.ts'

/**
 * The query of a request target. Decoded as on the data port: `%XX` is a byte, everything else itself, `+` too. Unknown
 * names are refused, so that a mistyped `?dryRun` never turns a question into a deed.
 */
export class QueryParameters {
  private readonly pairs: readonly (readonly [name: string, value: Buffer])[]

  /** @throws AdminError `malformed`, or `bad-parameter` for a name that is not among `known`. */
  constructor(target: string, known: readonly string[]) {
    const start = target.indexOf('?')
    const parts =
      start < 0
        ? []
        : target
            .slice(start + 1)
            .split('&')
            .filter((part) => part !== '')
    this.pairs = parts.map((part) => {
      const at = part.indexOf('=')
      const name = decoded(at < 0 ? part : part.slice(0, at)).toString()
      if (!known.includes(name)) {
        const hint = known.length === 0 ? 'it takes none' : `it takes ${known.join(', ')}`
        refuse('bad-parameter', `there is no parameter ${JSON.stringify(name)} here; ${hint}`)
      }
      return [name, decoded(at < 0 ? '' : part.slice(at + 1))]
    })
  }

  /** The only value of a parameter as text. */
  one(name: string): string | undefined {
    const values = this.pairs.filter((pair) => pair[0] === name)
    if (values.length > 1) refuse('bad-parameter', `${name} is given more than once`)
    return values[0]?.[1].toString()
  }

  /** Every parameter with one of the names, in the order they were given. */
  all(...names: string[]): readonly (readonly [name: string, value: Buffer])[] {
    return this.pairs.filter(([name]) => names.includes(name))
  }

  /** `true`, `false`, or the bare name for true; false if it is left out. */
  flag(name: string): boolean {
    const text = this.one(name)
    if (text === undefined || text === 'false') return false
    if (text === 'true' || text === '') return true
    refuse('bad-parameter', `${name} is true or false`)
  }

  /** A shard's id; undefined if it is left out. */
  shard(): number | undefined {
    const text = this.one('shard')
    if (text === undefined) return undefined
    if (!/^[1-9][0-9]{0,3}$/.test(text)) refuse('bad-parameter', 'shard is a number from 1')
    return Number(text)
  }
}

function decoded(text: string): Buffer {
  if (!/^(?:[\x21-\x24\x26-\x7e]|%[0-9A-Fa-f]{2})*$/.test(text)) refuse('malformed', 'the query is not validly escaped')
  const latin1 = text.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(latin1, 'latin1')
}

import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  visit,
  type YAMLParseError,
} from 'yaml'
import { type Environment, expandEnvironment, plainScalar } from './expand-env.ts'
import type { KeyPath, Place, Problem } from './problem.ts'

/** A YAML text: its values with references to the environment replaced, and where each of them stands. */
export interface YamlTree {
  /** Plain objects, arrays and scalars; undefined for an empty text. */
  readonly value: unknown
  /** True if the text is no YAML, so that `value` says nothing. */
  readonly failed: boolean
  readonly problems: readonly Problem[]
  /** Place of the key or value at `path`, or of the nearest thing above it that exists. */
  locate(path: KeyPath, at: 'key' | 'value'): Place
}

/** Lines that are never quoted in a message. */
const secretLine = /(token|password|secret)["']?\s*:/i

/** Reads `text`, calling it `name` in problems. Never throws. */
export function readYaml(text: string, name: string, environment: Environment): YamlTree {
  const lines = new LineCounter()
  const document = parseDocument(shielded(text), { lineCounter: lines, prettyErrors: false, version: '1.2' })
  const place = (offset: number): Place => placeAt(text, name, lines, offset)
  const locate = (path: KeyPath, at: 'key' | 'value') => place(offsetOf(document.contents, path, at))
  const problems: Problem[] = telling(document.errors).map((error) => ({
    ...place(error.pos[0]),
    message: error.code === 'MULTIPLE_DOCS' ? 'the file holds several documents; one is allowed' : error.message,
  }))
  if (problems.length > 0) return { value: undefined, failed: true, problems, locate }
  visit(document, {
    Scalar(key, node) {
      if (typeof node.value !== 'string' || !node.value.includes(shieldOpen)) return
      const written = node.value.replaceAll(shieldOpen, '${').replaceAll(shieldClose, '}')
      const report = (message: string) => problems.push({ ...place(node.range?.[0] ?? 0), message })
      const expanded = key === 'key' ? written : expandEnvironment(written, environment, report)
      node.value = key !== 'key' && node.type === Scalar.PLAIN ? plainScalar(expanded) : expanded
    },
  })
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) ?? undefined, failed: false, problems, locate }
  } catch (error) {
    problems.push({ ...place(0), message: error instanceof Error ? error.message : String(error) })
    return { value: undefined, failed: true, problems, locate }
  }
}

// Stand-ins of the same length for `${` and its `}` while YAML is read, to which `[a, ${B}]` would be a broken map.
// They come from Unicode's private use area.
const shieldOpen = '\uE0F0\uE0F1'
const shieldClose = '\uE0F2'

function shielded(text: string): string {
  return text.replace(/\$\{([^{}\n]*)\}/g, (_, inner: string) => `${shieldOpen}${inner}${shieldClose}`)
}

/** Of errors that follow from one another, the first; those about keys written twice stand for themselves. */
function telling(errors: readonly YAMLParseError[]): readonly YAMLParseError[] {
  const first = errors.find((error) => error.code !== 'DUPLICATE_KEY')
  return first === undefined ? errors : [first]
}

function offsetOf(root: Node | null, path: KeyPath, at: 'key' | 'value'): number {
  let node: unknown = root
  let offset = root?.range?.[0] ?? 0
  for (const [depth, part] of path.entries()) {
    const last = depth === path.length - 1
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && String(isScalar(item.key) ? item.key.value : '') === `${part}`,
      )
      if (pair === undefined) return offset
      const key = pair.key as Node | null
      const value = pair.value as Node | null
      offset = (last && at === 'value' && !isEmpty(value) ? value?.range?.[0] : key?.range?.[0]) ?? offset
      node = value
    } else if (isSeq(node)) {
      const item = node.items[Number(part)] as Node | undefined
      if (item === undefined) return offset
      offset = item.range?.[0] ?? offset
      node = item
    } else {
      return offset
    }
    if (isAlias(node)) return offset
  }
  return offset
}

function isEmpty(node: Node | null): boolean {
  return isScalar(node) && node.value === null && (node.source ?? '') === ''
}

function placeAt(text: string, source: string, lines: LineCounter, offset: number): Place {
  const { line, col: column } = lines.linePos(offset)
  if (line === 0) return { source, line: undefined, column: undefined, excerpt: undefined }
  const content = text.split('\n')[line - 1]?.replace('\r', '') ?? ''
  if (secretLine.test(content)) return { source, line, column, excerpt: undefined }
  const gutter = `${line}`.padStart(5)
  const from = Math.max(0, column - 1 - excerptLength / 2)
  const mark = `${' '.repeat(gutter.length)} | ${' '.repeat(Math.max(0, column - 1 - from))}^`
  return { source, line, column, excerpt: `${gutter} | ${shown(content.slice(from, from + excerptLength))}\n${mark}` }
}

/** As many characters as a wide terminal shows. */
const excerptLength = 160

/** What is no text would do things to the terminal, and is six times as long in a log. */
function shown(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => (control === '\t' ? control : '\u{FFFD}'))
}

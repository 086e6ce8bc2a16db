import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expectCheck } from './expect-check.ts'
import { type Check, filesOf, placeOf, type SourceFile } from './source-files.ts'

const link = /\[[^\]]*\]\(([^)\s]+)\)/g

/** Relative links lead to files that exist, and fragments to headings of theirs. */
const brokenLinks: Check = (files) => files.flatMap(brokenIn)

function brokenIn(file: SourceFile): readonly string[] {
  const found: string[] = []
  for (const match of withoutCode(file.text).matchAll(link)) {
    const target = match[1]!
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue
    const problem = problemOf(file, target)
    if (problem !== undefined) found.push(`${placeOf(file, match.index)} ${target}: ${problem}`)
  }
  return found
}

function problemOf(file: SourceFile, target: string): string | undefined {
  const [path, fragment] = target.split('#', 2)
  const whole = path === '' ? file.path : join(dirname(file.path), decodeURIComponent(path ?? ''))
  if (path !== '' && !existsSync(whole)) return 'there is no such file'
  if (fragment === undefined || !whole.endsWith('.md')) return undefined
  const text = path === '' ? file.text : statSync(whole).isFile() ? readFileSync(whole, 'utf8') : ''
  return headingsOf(text).has(fragment) ? undefined : 'there is no such heading'
}

/** The fragments a Markdown page offers, named as GitHub does. */
function headingsOf(text: string): ReadonlySet<string> {
  const headings = [...withoutCode(text).matchAll(/^#{1,6} +(.+)$/gm)].map((match) => match[1]!)
  return new Set(headings.map(fragmentOf))
}

function fragmentOf(heading: string): string {
  const plain = heading.trim().toLowerCase().replaceAll('`', '')
  return plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-')
}

/** Blanks fenced code, keeping offsets: what is in it is no link. */
function withoutCode(text: string): string {
  return text.replace(/^```.*?^```/gms, (code) => code.replace(/[^\n]/g, ' '))
}

const plant = (text: string, ...finds: readonly RegExp[]) => ({ path: 'docs/planted.md', text, finds })

expectCheck('links in the documentation resolve', brokenLinks, {
  files: filesOf(['.md']),
  planted: [
    plant('\nsee [it](../src/nowhere.ts)', /^docs\/planted\.md:2 \.\.\/src\/nowhere\.ts: there is no such file/),
    plant('# A title: `x` here\n[one](#a-title-x-here) [two](#a-title)', /:2 #a-title: there is no such heading/),
    plant('[errors](../src/errors.ts) and [web](https://example.org/x) and [mail](mailto:a@b.c)'),
    plant('```\n[not](a-link.md)\n```\n'),
  ],
})

import { configJsonSchema } from '../config/json-schema.ts'
import { nearestName } from '../config/nearest-name.ts'
import { listSections, type OptionEntry, type SectionEntry } from '../config/options.ts'
import type { CliIo } from './cli-io.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { tableLines, wrapped } from './table.ts'

export interface OptionsOptions {
  readonly json?: true
  readonly schema?: true
}

const defaultWidth = 100

/** `headgate options [NAME]`: what can be configured; with the name of an option or section, all about it. */
export async function options(name: string | undefined, flags: OptionsOptions, io: CliIo): Promise<ExitCode> {
  if (flags.schema === true) {
    io.stdout.write(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`)
    return exitCodes.ok
  }
  const chosen = choose(name)
  if (chosen.length === 0) {
    io.stderr.write(`error: ${unknownName(name ?? '')}\n`)
    return exitCodes.usage
  }
  if (flags.json === true) {
    const entries = chosen.flatMap((section) => section.options)
    io.stdout.write(`${JSON.stringify(entries, undefined, 2)}\n`)
    return exitCodes.ok
  }
  const width = Math.min(io.stdout.columns ?? defaultWidth, 120)
  const only = chosen.length === 1 && chosen[0]?.options.length === 1 ? chosen[0].options[0] : undefined
  io.stdout.write(only !== undefined && name !== undefined ? detail(only, width) : overview(chosen))
  return exitCodes.ok
}

/** The sections that hold `name` (an option, a section, or the start of either), with the options that do. */
function choose(name: string | undefined): readonly SectionEntry[] {
  const sections = listSections().filter((section) => section.options.length > 0)
  if (name === undefined) return sections
  const wanted = name.toLowerCase().replace(/\[\d+\]/g, '[]')
  const within = (option: string) => {
    const lower = option.toLowerCase()
    return lower === wanted || lower.startsWith(`${wanted}.`) || lower.startsWith(`${wanted}[`)
  }
  const matching = (test: (option: string) => boolean) =>
    sections
      .map((section) => ({ ...section, options: section.options.filter((option) => test(option.name)) }))
      .filter((section) => section.options.length > 0)
  const found = matching(within)
  // The last part or parts of a name, like maxValue, are enough.
  return found.length > 0 ? found : matching((option) => option.toLowerCase().endsWith(`.${wanted}`))
}

function unknownName(name: string): string {
  const names = listSections().flatMap((section) => [section.name, ...section.options.map((option) => option.name)])
  const lastParts = new Map(names.map((each) => [each.split('.').at(-1) ?? '', each]))
  const lastPart = nearestName(name, [...lastParts.keys()])
  const near = nearestName(name, names) ?? (lastPart === undefined ? undefined : lastParts.get(lastPart))
  return `there is no option ${name}${near === undefined ? '; `headgate options` lists all' : `; did you mean ${near}?`}`
}

function overview(sections: readonly SectionEntry[]): string {
  const columns = [
    { title: 'OPTION', cell: (option: OptionEntry) => option.name },
    { title: 'DEFAULT', cell: (option: OptionEntry) => option.standard },
    {
      title: 'MEANING',
      cell: (option: OptionEntry) => `${option.meaning}${option.available ? '' : ' (later release)'}`,
    },
  ]
  return `${tableLines(
    columns,
    sections.flatMap((section) => section.options),
  ).join('\n')}\n`
}

function detail(option: OptionEntry, width: number): string {
  const line = (title: string, text: string) => `  ${title.padEnd(9)}${text}\n`
  return [
    `${option.name}\n`,
    `${wrapped(option.meaning, width, 2)}\n`,
    `${wrapped(option.effect, width, 2)}\n`,
    line('default', option.standard),
    line('unit', option.unit),
    ...(option.accepted === undefined ? [] : [line('accepts', option.accepted)]),
    ...(option.available ? [] : [line('note', 'not available in this release: check and run refuse it')]),
  ].join('')
}

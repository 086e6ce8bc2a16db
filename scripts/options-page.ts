import { listSections, type OptionEntry } from '../src/config/options.ts'

/** The text of docs/options.md. */
export function optionsPage(): string {
  const sections = listSections().filter((section) => section.options.length > 0)
  return `${[intro, ...sections.map(({ name, meaning, options }) => sectionText(name, meaning, options))].join('\n')}`
}

const intro = `# Options

Every key of the configuration file, with its unit, default and effect. This page is written by
\`node --import tsx scripts/generate-docs.ts\` from the schema in \`src/config\`; a test fails if it is out of date.

- The file is YAML. \`headgate check -c FILE\` says what is wrong with it, with line and column.
- Durations and sizes carry their unit: \`250ms\`, \`2s\`, \`10m\`, \`1h\`, \`7d\`; \`512B\`, \`64KiB\`, \`1MiB\`, \`2GiB\`.
- \`\${NAME}\` in a value becomes the environment variable, \`\${NAME:-text}\` the text if the variable is unset or empty.
  An unknown variable without a text is an error. \`$\${\` is a literal \`\${\`.
- \`--set NAME=VALUE\` on the command line overrides the file, as often as needed; the value is YAML.
- Relative paths start at the working directory of the process.
- Keys marked *not in this release* are known and refused.
`

function sectionText(name: string, meaning: string, options: readonly OptionEntry[]): string {
  const title = name === '' ? 'Top of the file' : `\`${name}\``
  const lead = name === '' ? '' : `${meaning}\n\n`
  const rows = options.map(row).join('\n')
  return `## ${title}\n\n${lead}| option | default | unit | meaning | effect |\n|---|---|---|---|---|\n${rows}\n`
}

function row({ name, meaning, unit, standard, accepted, effect, available }: OptionEntry): string {
  const key = available ? `\`${name}\`` : `\`${name}\` *not in this release*`
  const values = accepted === undefined ? unit : `${unit}: ${accepted}`
  return `| ${[key, standard, values, meaning, effect].map(cell).join(' | ')} |`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

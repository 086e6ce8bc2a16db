import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the configurations of everything that is measured lie, from the root of the repository. */
export const configurationFolder = 'bench/peers'

/** Replaces every `${NAME}`. Throws for a name without a value. */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`no value for ${name}`)
    return value
  })
}

/** Fills a template and writes it into `folder`; answers the path of the file. */
export function writeConfiguration(name: string, folder: string, values: Readonly<Record<string, string>>): string {
  const path = join(folder, name)
  writeFileSync(path, fill(readFileSync(join(configurationFolder, name), 'utf8'), values))
  return path
}

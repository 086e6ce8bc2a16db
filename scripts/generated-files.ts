import { fileURLToPath } from 'node:url'
import { configJsonSchema } from '../src/config/json-schema.ts'
import { optionsPage } from './options-page.ts'

/** What is written from the sources: absolute path and text. A test compares them with the repository. */
export function generatedFiles(): readonly { readonly path: string; readonly text: string }[] {
  const inRoot = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
  return [
    { path: inRoot('config/schema.json'), text: `${JSON.stringify(configJsonSchema(), undefined, 2)}\n` },
    { path: inRoot('docs/options.md'), text: optionsPage() },
  ]
}

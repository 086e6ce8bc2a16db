import { existsSync } from 'node:fs'
import { expectCheck } from './expect-check.ts'
import { type Check, filesOf, matches } from './source-files.ts'

/** Names of files in backticks; what has a wildcard or braces is no name of one file. */
const named = /`(src|test|docs|bench|scripts|config)\/[\w./-]+`/g

const missingFiles: Check = (files) =>
  files
    .flatMap((file) => matches(file, named, (name) => name.replaceAll('`', '')))
    .filter((line) => !existsSync(line.split(' ')[1] ?? ''))
    .map((line) => `${line} does not exist`)

/** The page must go through every step, so it names at least one file of each. */
const steps = ['src/ingress/', 'src/gateway.ts', 'src/admission/', 'src/routing/', 'src/execution/', 'src/stores/']

const missingSteps: Check = (files) =>
  files.flatMap(({ path, text }) =>
    steps.filter((step) => !text.includes(step)).map((step) => `${path} does not mention ${step}`),
  )

const whole = steps.map((step) => `\`${step}\``).join(' ')

expectCheck('documentation names only files that exist', missingFiles, {
  files: filesOf(['.md']),
  planted: [
    {
      path: 'docs/a.md',
      text: 'from `src/errors.ts`\nto `src/gone.ts`',
      finds: [/^docs\/a\.md:2 src\/gone\.ts does not/],
    },
    { path: 'docs/b.md', text: 'all of `src/stores/*.ts` and `src/operation`', finds: [] },
  ],
})

expectCheck('the life of a request names every step', missingSteps, {
  files: filesOf(['docs/life-of-a-request.md']),
  planted: [
    { path: 'docs/life-of-a-request.md', text: whole, finds: [] },
    {
      path: 'docs/life-of-a-request.md',
      text: whole.replace('src/routing/', ''),
      finds: [/does not mention src\/routing\//],
    },
  ],
})

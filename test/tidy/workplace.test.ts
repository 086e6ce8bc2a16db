import { expectCheck } from './expect-check.ts'
import { type Check, filesOf, matches } from './source-files.ts'

/** Folders of the machines this is written on: a path below one of them means nothing to anyone else. */
const places = ['home', 'root', 'Users', 'work'].map((folder) => `/${folder}/`)

const absolutePaths: Check = (files) => {
  const pattern = new RegExp(`(?<![\\w.~*-])(${places.join('|')})[\\w.-]*`, 'g')
  return files.flatMap((file) => matches(file, pattern, (path) => `${path}: name it relative to the repository`))
}

const files = filesOf(['.ts', '.md', '.yaml', '.yml', '.json', '.cjs', '.txt', 'Dockerfile', '/run', '.npmrc'])

expectCheck('no path of a workplace', absolutePaths, {
  files,
  planted: [
    { path: 'docs/a.md', text: `see ${places[0]}me/README.md`, finds: [/^docs\/a\.md:1 \/home\/me: name it/] },
    { path: 'src/a.ts', text: `\nopen('${places[1]}me/file')`, finds: [/:2 /] },
    { path: 'docs/b.md', text: 'GET http://host/api/home/item and ./root/x', finds: [] },
  ],
})

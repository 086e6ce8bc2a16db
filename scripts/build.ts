import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'

/** Found by their packages' own loaders, beside their files. */
const native = ['lmdb', 'rocksdb-native']
const packagesRequire =
  "import { createRequire as createRequireOfPackages } from 'node:module'; " +
  'const require = createRequireOfPackages(import.meta.url);'

/**
 * Puts the program, with the packages that are JavaScript, into a few files in `folder`: a start opens those instead of
 * some 900, which takes half the time of one. What is imported late stays a file of its own, loaded late. Not minified:
 * stacks are to be read. `folder` is a child of the folder of package.json; what earlier builds left is removed.
 */
async function bundle(entry: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const { metafile } = await build({
    entryPoints: [entry],
    outdir: folder,
    bundle: true,
    splitting: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: native,
    banner: { js: packagesRequire },
    sourcemap: true,
    logLevel: 'warning',
  })
  const made = new Set(Object.keys(metafile.outputs).map((path) => basename(path)))
  for (const name of readdirSync(folder)) if (!made.has(name)) rmSync(join(folder, name), { recursive: true })
}

await bundle('src/main.ts', 'dist')

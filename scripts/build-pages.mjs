// Makes what browsers load, `packages/core/pages`, of `packages/core/browser`: one file for each entry.
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const core = fileURLToPath(new URL('../packages/core/', import.meta.url))

const ENTRIES = ['button', 'served-button', 'examples', 'served-examples']

/** Builds the pages; `npm start`, the tests and packing do so first. */
export async function buildPages() {
  await build({
    absWorkingDir: core,
    entryPoints: ENTRIES.map((name) => `browser/${name}.ts`),
    outdir: 'pages',
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    charset: 'utf8',
    legalComments: 'inline',
    logLevel: 'warning',
  })
}

// What vitest calls before the first test.
export { buildPages as setup }

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // Declarations of modules that are no more would be packed, too.
  if (process.argv.includes('--clean')) rmSync(`${core}pages`, { recursive: true, force: true })
  await buildPages()
}

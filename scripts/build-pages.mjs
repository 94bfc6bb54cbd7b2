// Makes what browsers load, `packages/core/pages`, of `packages/core/browser`: one file for each entry.
import { readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const core = fileURLToPath(new URL('../packages/core/', import.meta.url))

const ENTRIES = ['button', 'served-button', 'examples', 'served-examples']

const COMMON = {
  absWorkingDir: core,
  outdir: 'pages',
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  charset: 'utf8',
  legalComments: 'inline',
  logLevel: 'warning',
}

/** Builds the pages; `npm start`, the tests and packing do so first. */
export async function buildPages() {
  await build({ ...COMMON, entryPoints: ENTRIES.map((name) => `browser/${name}.ts`) })
  await build({
    ...COMMON,
    entryPoints: [
      { in: 'browser/review/main.tsx', out: 'review' },
      { in: 'browser/review/review.css', out: 'review' },
    ],
    banner: { js: licenceOf('preact') },
  })
}

/** The licence of a package that goes into a bundle, which it asks for. */
function licenceOf(name) {
  const text = readFileSync(`${core}node_modules/${name}/LICENSE`, 'utf8').trim()
  return `/*! ${name}\n\n${text}\n*/`
}

// What vitest calls before the first test.
export { buildPages as setup }

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // Declarations of modules that are no more would be packed, too.
  if (process.argv.includes('--clean')) rmSync(`${core}pages`, { recursive: true, force: true })
  await buildPages()
}

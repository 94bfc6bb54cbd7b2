// `node make-one-file.mjs SOURCE PACKAGES`: makes the file that `one-file.mjs` gives.
import { readFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { keptAt, sha256, write } from './compiled.mjs'

const [source, packages] = process.argv.slice(2)
const sources = {}

// Another way to make it, and other packages, make what has been made worthless, too.
for (const url of [import.meta.url, new URL('../pnpm-lock.yaml', import.meta.url)]) {
  await note(fileURLToPath(url))
}

async function note(path) {
  const text = await readFile(path, 'utf8')
  sources[path] = sha256(text)
  return text
}

/** Each module of ours goes on to believe that it lies where its source lies. */
const ownAddresses = {
  name: 'own-addresses',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await note(path)
      const address = JSON.stringify(pathToFileURL(path).href)
      return { contents: text.replaceAll('import.meta.url', address), loader: 'ts' }
    })
  },
}

const ASKED = Symbol('asked')

/** Each package is imported from where it lies; those of the workspace are sources of ours. */
const packagesOutside = {
  name: 'packages-outside',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (kind === 'entry-point' || pluginData === ASKED) return undefined
      const found = await resolve(path, { kind, importer, resolveDir, pluginData: ASKED })
      if (!/[\\/]node_modules[\\/]/.test(found.path)) return found
      return { path: pathToFileURL(found.path).href, external: true }
    })
  },
}

const { outputFiles } = await build({
  entryPoints: [source],
  outdir: '.',
  write: false,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  conditions: ['@flagging/source'],
  plugins: [ownAddresses, ...(packages === 'outside' ? [packagesOutside] : [])],
  // For packages that are CommonJS.
  banner: {
    js: `import $module from 'node:module'; const require = $module.createRequire(${JSON.stringify(pathToFileURL(source).href)});`,
  },
  logLevel: 'error',
})
const [{ text }] = outputFiles
if (/\bimport\.meta\b|\b__(?:dir|file)name\b/.test(text)) {
  throw new Error(`${source} imports a package that asks where it lies, and cannot be one file`)
}
write(keptAt(source, `.${packages}.mjs`), `${text}\n// ${JSON.stringify(sources)}\n`)

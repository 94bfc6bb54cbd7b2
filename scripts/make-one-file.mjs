// `node make-one-file.mjs SOURCE`: makes the file that `one-file.mjs` gives.
import { readFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { keptAt, sha256, write } from './compiled.mjs'

const [source] = process.argv.slice(2)
const maker = fileURLToPath(import.meta.url)
/** A change of this file makes what it has made worthless, too. */
const sources = { [maker]: sha256(await readFile(maker, 'utf8')) }

/** Each module goes on to believe that it lies where its source lies. */
const ownAddresses = {
  name: 'own-addresses',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      sources[path] = sha256(text)
      const address = JSON.stringify(pathToFileURL(path).href)
      return { contents: text.replaceAll('import.meta.url', address), loader: 'ts' }
    })
  },
}

/** Packages stay what they are, and are found as their importer finds them. */
const packagesOutside = {
  name: 'packages-outside',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      if (kind === 'entry-point' || pluginData === 'asked') return undefined
      if (path.startsWith('node:')) return { path, external: true }
      const found = await resolve(path, { importer, kind, resolveDir, pluginData: 'asked' })
      if (found.errors.length > 0 || found.path.endsWith('.ts')) return found
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
  plugins: [packagesOutside, ownAddresses],
  logLevel: 'error',
})
write(keptAt(source, '.one.mjs'), `${outputFiles[0].text}\n// ${JSON.stringify(sources)}\n`)

// What `typescript.mjs` registers: TypeScript as JavaScript, compiled once and kept in `node_modules/.cache`.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { keptAt, read, sha256, write } from './compiled.mjs'

/** Part of each digest: another compiler, or other options, make what is kept worthless. */
const OPTIONS = { loader: 'ts', format: 'esm', target: 'node20', sourcemap: 'inline' }

/** A hook of Node's: gives the source of a module. */
export async function load(url, context, nextLoad) {
  if (!/^file:[^?#]*\.ts(?:[?#]|$)/.test(url)) return nextLoad(url, context)
  const path = fileURLToPath(url)
  return { format: 'module', source: await compiled(path), shortCircuit: true }
}

async function compiled(path) {
  const text = await readFile(path, 'utf8')
  const digest = sha256(`${JSON.stringify(OPTIONS)}\n${text}`)
  const kept = keptAt(path)
  const code = read(kept)
  if (code?.endsWith(digest)) return code
  const fresh = `${await compile(text, path)}// ${digest}`
  try {
    write(kept, fresh)
  } catch {
    // Where nothing can be written, each process compiles for itself.
  }
  return fresh
}

async function compile(text, sourcefile) {
  const { transform } = await import('esbuild')
  const { code } = await transform(text, { ...OPTIONS, sourcefile })
  return code
}

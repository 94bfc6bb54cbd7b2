// What `typescript.mjs` registers: TypeScript as JavaScript, compiled once and kept in `node_modules/.cache`.
import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const CACHE = new URL('../node_modules/.cache/typescript/', import.meta.url)
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
  // One file for each source, so that what is kept does not grow with each change.
  const kept = new URL(`${sha256(path)}.mjs`, CACHE)
  const code = read(kept)
  if (code?.endsWith(digest)) return code
  const fresh = `${await compile(text, path)}// ${digest}`
  write(kept, fresh)
  return fresh
}

async function compile(text, sourcefile) {
  const { transform } = await import('esbuild')
  const { code } = await transform(text, { ...OPTIONS, sourcefile })
  return code
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Whole or not at all: other processes compile the same files. */
function write(file, code) {
  const part = new URL(`${file.href}.${randomUUID()}`)
  try {
    mkdirSync(CACHE, { recursive: true })
    writeFileSync(part, code)
    renameSync(part, file)
  } catch {
    // Where nothing can be written, each process compiles for itself.
  }
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex')
}

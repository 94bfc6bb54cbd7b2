// One file of JavaScript for a module of TypeScript and all the TypeScript that it imports, kept until one of them changes.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { keptAt, read, sha256 } from './compiled.mjs'

const MAKER = fileURLToPath(new URL('make-one-file.mjs', import.meta.url))
/** The last line: a digest of each file that it was made of, by its path. */
const SOURCES = /\n\/\/ (\{.*\})\n$/
const made = new Set()

/**
 * Gives the address of a module of JavaScript that does what the module of TypeScript at a path does.
 * Packages are part of it, or `outside`, where they lie: not all of them can be moved.
 */
export function oneFileOf(path, packages = 'inside') {
  const file = keptAt(path, `.${packages}.mjs`)
  if (made.has(file.href)) return file
  if (!isFresh(read(file))) {
    // In a process of its own, since it has to be waited for here.
    execFileSync(process.execPath, [MAKER, path, packages], { stdio: 'inherit' })
  }
  made.add(file.href)
  return file
}

function isFresh(code) {
  const [, sources] = SOURCES.exec(code?.slice(code.lastIndexOf('\n//')) ?? '') ?? []
  if (!sources) return false
  return Object.entries(JSON.parse(sources)).every(([path, digest]) => {
    const text = read(path)
    return text !== undefined && sha256(text) === digest
  })
}

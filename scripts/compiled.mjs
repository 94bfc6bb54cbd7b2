// Where compiled TypeScript is kept until its source changes.
import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

const CACHE = new URL('../node_modules/.cache/typescript/', import.meta.url)

/** Where what is compiled of a source is kept: one file for each, which does not grow in number. */
export function keptAt(path, ending = '.mjs') {
  return new URL(`${sha256(path)}${ending}`, CACHE)
}

/** The text of a file; `undefined` where there is none. */
export function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Writes a file whole or not at all: other processes compile the same. */
export function write(file, code) {
  const part = new URL(`${file.href}.${randomUUID()}`)
  mkdirSync(CACHE, { recursive: true })
  writeFileSync(part, code)
  renameSync(part, file)
}

export function sha256(text) {
  return createHash('sha256').update(text).digest('hex')
}

import { type Component, type ComponentSource, isComponentType } from '../components.ts'
import { FlaggingError } from '../errors.ts'
import { errnoOf, readRange } from './disk.ts'
import type { FileSystem } from './file-system.ts'
import { replaceFile } from './replace-file.ts'

const VERSION = 1
const MAX_BYTES = 16 * 1024 * 1024
const MAX_COMPONENTS = 10_000

/** The names that the logs of a dataset have: `logs.csv`, `logs2.csv`, `logs3.csv` ... */
export const LOG_NAME: RegExp = /^logs(?:[2-9]|[1-9]\d{1,5})?\.csv$/

/** What the rows of one log hold: components, then our own columns. */
export interface LogLayout {
  readonly components: readonly Component[]
  readonly columns: readonly string[]
}

/** What `.flagging/components.json` says of a dataset. */
export interface Sidecar {
  /** Sample numbers that no row has: their file names were taken. */
  readonly skipped: number
  readonly logs: ReadonlyMap<string, LogLayout>
}

/** A dataset of which nothing is known. */
export const EMPTY_SIDECAR: Sidecar = { skipped: 0, logs: new Map() }

/** Reads a component list; `undefined` if there is none. A broken one throws `ERR_FLAGGING_STORE`. */
export async function readSidecar(fs: FileSystem, path: string): Promise<Sidecar | undefined> {
  const file = await fs.open(path, 'read').catch((error: unknown) => {
    const code = errnoOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw code === 'ELOOP' ? broken('it is a symbolic link') : error
  })
  if (file === undefined) return undefined
  const chunks: Uint8Array[] = []
  try {
    const { kind, size } = await file.stat()
    if (kind !== 'file' || size > MAX_BYTES) throw broken('it is no file, or too large')
    for await (const chunk of readRange(file, 0, size)) chunks.push(chunk)
  } finally {
    await file.close()
  }
  return parseSidecar(Buffer.concat(chunks).toString())
}

/**
 * Replaces a component list. It is always synced, being written seldom: without it, rows that are on the disk would read as others.
 */
export async function writeSidecar(
  fs: FileSystem,
  folder: string,
  name: string,
  sidecar: Sidecar,
): Promise<void> {
  await replaceFile(fs, folder, name, formatSidecar(sidecar))
}

function formatSidecar({ skipped, logs }: Sidecar): string {
  const entries = [...logs].map(([name, { components, columns }]) => {
    const stored = components.map(({ label, type, role, from }) => ({
      label,
      type,
      role,
      // A function cannot be stored; reading needs none.
      from: typeof from === 'function' ? undefined : from,
    }))
    return [name, { components: stored, columns }] as const
  })
  return `${JSON.stringify({ version: VERSION, skipped, logs: Object.fromEntries(entries) })}\n`
}

function parseSidecar(text: string): Sidecar {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    // The parser's own message quotes what it read.
    throw broken('it is no JSON')
  }
  const { version, skipped, logs } = record(parsed)
  if (version !== VERSION) throw broken('its version is unknown')
  if (!Number.isSafeInteger(skipped) || (skipped as number) < 0)
    throw broken('`skipped` is no count')
  const entries = Object.entries(record(logs)).map(([name, value]) => {
    if (!LOG_NAME.test(name)) throw broken('it names a file that is no log')
    const { components, columns } = record(value)
    return [
      name,
      { components: list(components).map(component), columns: strings(columns) },
    ] as const
  })
  return { skipped: skipped as number, logs: new Map(entries) }
}

function component(value: unknown): Component {
  const { label, type, role, from } = record(value)
  if (typeof label !== 'string') throw broken('a component has no label')
  if (!isComponentType(type)) throw broken('a component has no known type')
  return {
    label,
    type: type,
    ...(role === 'input' || role === 'output' ? { role } : {}),
    ...(isSource(from) ? { from } : {}),
  }
}

function isSource(value: unknown): value is ComponentSource {
  if (typeof value === 'string') return true
  if (typeof value !== 'object' || value === null) return false
  const entries = Object.entries(value)
  const [key, name] = entries[0] ?? []
  return (
    entries.length === 1 &&
    (key === 'body' || key === 'query' || key === 'param') &&
    typeof name === 'string'
  )
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw broken('an object is missing')
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value) && value.length <= MAX_COMPONENTS) return value
  throw broken('a list is missing or too long')
}

function strings(value: unknown): readonly string[] {
  return list(value).map((item) => {
    if (typeof item !== 'string') throw broken('a column has no name')
    return item
  })
}

function broken(why: string): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_STORE',
    `The component list of a dataset cannot be used: ${why}. Typed columns go to a new log`,
  )
}

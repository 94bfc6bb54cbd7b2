import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import type { Flagging, FlaggingOptions, FlaggingOverrides } from '@flagging/core'
import { onTestFinished } from 'vitest'
import type { Adapter, Entry, Mounted, Server } from './host.ts'

/** One test's own folder, servers and flaggings; all of it is closed and removed after the test. */
export class World {
  readonly #adapter: Adapter
  readonly #servers: Server[] = []
  readonly #flaggings = new Set<Flagging>()
  /** An existing folder outside of `dir`. */
  readonly root: string
  /** Where samples go; it does not exist before the first one. */
  readonly dir: string
  /** What went to `onError`. */
  readonly errors: unknown[] = []

  private constructor(adapter: Adapter, root: string) {
    this.#adapter = adapter
    this.root = root
    this.dir = join(root, 'flagged')
  }

  static async make(adapter: Adapter): Promise<World> {
    const world = new World(adapter, await mkdtemp(join(tmpdir(), 'flagging-contract-')))
    onTestFinished(() => world.#end())
    return world
  }

  /** The adapter's middleware, storing in `dir` and reporting to `errors` unless told otherwise. */
  flagging(
    options: FlaggingOptions<object> | Flagging = {},
    overrides?: FlaggingOverrides,
  ): Mounted {
    const given = 'flush' in options ? options : this.#defaults(options)
    return this.#keep(this.#adapter.flagging(given, overrides))
  }

  flagRoutes(options: FlaggingOptions<object> | Flagging): Mounted {
    return this.#keep(
      this.#adapter.flagRoutes('flush' in options ? options : this.#defaults(options)),
    )
  }

  async serve(...entries: readonly Entry[]): Promise<Server> {
    const server = await this.#adapter.serve(entries)
    this.#servers.push(server)
    return server
  }

  /** Waits until everything is stored and checks that nothing went wrong meanwhile. */
  async flush(): Promise<void> {
    for (const flagging of this.#flaggings) await flagging.flush()
    if (this.errors.length > 0)
      throw new AggregateError(this.errors, `reported: ${String(this.errors)}`)
  }

  /** A file below `dir` as text. */
  read(path = 'logs.csv'): Promise<string> {
    return readFile(join(this.dir, path), 'utf8')
  }

  bytes(path: string): Promise<Buffer> {
    return readFile(join(this.dir, path))
  }

  /** Everything below a folder but the working files, sorted; empty if there is no such folder. */
  async files(dir: string = this.dir): Promise<string[]> {
    const all = await everyFile(dir)
    return all.filter((path) => !path.split('/').includes('.flagging'))
  }

  /** The endpoint folders below `dir`, sorted. */
  async folders(): Promise<string[]> {
    const entries = await readdir(this.dir, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory() && entry.name !== '.flagging')
      .map((entry) => entry.name)
      .toSorted()
  }

  async #end(): Promise<void> {
    for (const server of this.#servers) await server.close()
    for (const flagging of this.#flaggings) await flagging.close()
    await rm(this.root, { recursive: true, force: true })
  }

  #defaults(options: FlaggingOptions<object>): FlaggingOptions<object> {
    return { dir: this.dir, onError: (error) => this.errors.push(error), ...options }
  }

  #keep(mounted: Mounted): Mounted {
    this.#flaggings.add(mounted.flagging)
    return mounted
  }
}

/** Every file below a folder, working files included, as sorted paths with `/`. */
export async function everyFile(dir: string): Promise<string[]> {
  if (!(await exists(dir))) return []
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted()
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}

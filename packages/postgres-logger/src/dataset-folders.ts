import { basename, resolve } from 'node:path'

/** What datasets are called: by the folders that they would have in a flagged directory. */
export class DatasetFolders {
  readonly #dirs = new Set<string>()

  /** Takes note of a flagged directory. */
  add(dir: string): void {
    this.#dirs.add(resolve(dir))
  }

  /** The empty string for a flagged directory itself, else the name of the endpoint's folder. */
  of(dir: string): string {
    const path = resolve(dir)
    return this.#dirs.size === 0 || this.#dirs.has(path) ? '' : basename(path)
  }
}

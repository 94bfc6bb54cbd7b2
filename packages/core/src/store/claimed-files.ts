import type { FlaggedFile } from '../sample/flag-value.ts'
import { badRow } from './bad-row.ts'
import { SourceFile, memorySource } from './byte-source.ts'
import { parseStoredPath } from './cells.ts'
import type { FoundValue } from './log-column.ts'
import { StoredFiles } from './stored-files.ts'

const SOME_FILE: FlaggedFile = new SourceFile(undefined, '', memorySource(new Uint8Array(0)))

/** Takes down which files a row names, where the loader would open them. */
export class ClaimedFiles extends StoredFiles {
  #claims: string[] = []

  /** The paths that were named since this was asked last. */
  take(): string[] {
    const claims = this.#claims
    this.#claims = []
    return claims
  }

  override readOne(path: string, folder: string): Promise<FoundValue> {
    const stored = parseStoredPath(path)
    if (stored?.folder !== folder) return Promise.reject(outside())
    this.#claims.push(path)
    const isText = stored.k === undefined && (stored.ext === 'txt' || stored.ext === 'json')
    return Promise.resolve({ value: isText ? null : SOME_FILE, missing: false })
  }

  override readList(paths: readonly string[], folder: string): Promise<FoundValue> {
    if (paths.some((path) => parseStoredPath(path)?.folder !== folder)) {
      return Promise.reject(outside())
    }
    this.#claims.push(...paths)
    return Promise.resolve({ value: paths.map(() => SOME_FILE), missing: false })
  }
}

function outside(): Error {
  return badRow('a file lies outside of the folder of its column')
}

import { join } from 'node:path'
import type { FlaggedFile } from '../sample/flag-value.ts'
import { SourceFile, pathSource } from '../store/byte-source.ts'
import type { FlaggingCallback } from '../store/flagging-callback.ts'
import { nodeFileSystem } from '../store/node-file-system.ts'
import { type Mark, addMark } from './marks.ts'
import type { PageQuery, ReviewFilter } from './review-filter.ts'
import type { ReviewFile, ReviewSample } from './review-sample.ts'
import type { ReviewCounts } from './review-counts.ts'
import type {
  ReviewAbout,
  ReviewColumns,
  ReviewPage,
  ReviewReader,
  ReviewStore,
} from './review-store.ts'
import { type SampleKey, decodeKey } from './sample-key.ts'

/** What reviewers look at and change in the logs of a flagged directory. */
export class LogReview implements ReviewStore {
  readonly #dir: string
  readonly #reader: ReviewReader
  readonly #callbackOf: (dataset: string | null) => FlaggingCallback

  /** @param callbackOf what stores the samples of a dataset, and deletes them */
  constructor(
    dir: string,
    reader: ReviewReader,
    callbackOf: (dataset: string | null) => FlaggingCallback,
  ) {
    this.#dir = dir
    this.#reader = reader
    this.#callbackOf = callbackOf
  }

  about(): Promise<ReviewAbout> {
    return this.#reader.about()
  }

  page(query: PageQuery): Promise<ReviewPage> {
    return this.#reader.page(query)
  }

  columns(filter: ReviewFilter): Promise<ReviewColumns> {
    return this.#reader.columns(filter)
  }

  counts(filter: ReviewFilter): Promise<ReviewCounts> {
    return this.#reader.counts(filter)
  }

  sample(key: string, spilled?: boolean): Promise<ReviewSample> {
    return this.#reader.sample(key, spilled)
  }

  open({ path, name, type, size, storedAs }: ReviewFile): FlaggedFile {
    return new SourceFile(name, type, pathSource(nodeFileSystem, path, size), storedAs)
  }

  async mark(key: string, mark: Mark): Promise<void> {
    const { folder, hash } = decodeKey(key)
    await addMark(nodeFileSystem, join(this.#dir, folder), hash, mark)
  }

  canRemove(dataset: string | null): boolean {
    return this.#callbackOf(dataset).remove !== undefined
  }

  async remove(keys: readonly string[]): Promise<number> {
    const { datasets } = await this.#reader.about()
    const byFolder = new Map<string | null, SampleKey[]>()
    for (const key of keys.map(decodeKey)) {
      const folder = key.folder === '' ? null : key.folder
      // Only what was found: a folder's name in a key is what a client says.
      if (!datasets.includes(folder)) continue
      byFolder.set(folder, [...(byFolder.get(folder) ?? []), key])
    }
    let deleted = 0
    for (const [folder, rows] of byFolder) deleted += await this.#removeFrom(folder, rows)
    return deleted
  }

  async #removeFrom(folder: string | null, rows: readonly SampleKey[]): Promise<number> {
    const dir = join(this.#dir, folder ?? '')
    const count = (await this.#callbackOf(folder).remove?.(dir, { rows })) ?? 0
    // What was said of a sample goes with it: one like it would seem to have been reviewed.
    const mark = { reviewed: false, note: null, by: null, at: new Date().toISOString() }
    for (const { hash } of count > 0 ? rows : []) await addMark(nodeFileSystem, dir, hash, mark)
    return count
  }
}

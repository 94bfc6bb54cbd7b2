import { unless } from '../store/disk.ts'
import { type ReviewLog, type ReviewPlace, endOfWhole, withLog } from './review-log.ts'

/** Where the rows of a log end. */
export interface RowEnd {
  readonly end: number
  readonly ino: number
}

const NO_LOG: RowEnd = { end: 0, ino: 0 }

/** Where the logs end, found out anew only for those that were written to. */
export class RowEnds {
  readonly #known = new Map<string, RowEnd & { readonly size: number; readonly mtimeMs: number }>()

  async of(place: ReviewPlace, log: ReviewLog): Promise<RowEnd> {
    const path = `${log.dataset.dir}/${log.log.name}`
    const stat = await unless('ENOENT ENOTDIR', place.fs.lstat(path))
    if (stat === undefined) return NO_LOG
    const { ino, size, mtimeMs } = stat
    const known = this.#known.get(path)
    if (known?.ino === ino && known.size === size && known.mtimeMs === mtimeMs) return known
    // What cannot be read is told to whoever reads it.
    const end = (await withLog(place, log, () => undefined, endOfWhole)) ?? 0
    const found = { end, ino, size, mtimeMs }
    this.#known.set(path, found)
    return found
  }
}

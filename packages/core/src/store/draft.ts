import type { Sample } from './sample.ts'

/** A sample that was found in a directory and is still to be read. */
export interface Draft {
  /** Whether {@link read} cannot fail: then it need not be called to know that there is a sample. */
  readonly isCertain: boolean
  /** Reads it; throws or rejects with a bad row. */
  read(): Sample | Promise<Sample>
}

/** Drafts that lie in memory, to be taken one after the other. */
export interface Drafts {
  /** The next one, which may be read until another is taken; `undefined` behind the last one. */
  next(): Draft | undefined
}

/** The drafts of a list. */
export function listed<D extends Draft>(drafts: Iterable<D>): { next(): D | undefined } {
  const iterator = drafts[Symbol.iterator]()
  return { next: () => iterator.next().value as D | undefined }
}

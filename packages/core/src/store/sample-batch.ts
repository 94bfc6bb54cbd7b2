import type { Drafts } from './draft.ts'
import type { Sample } from './sample.ts'

/** The most samples that are read ahead. */
const MOST = 64

/** Which samples are still wanted. */
export interface Part {
  /** How many are left out first. */
  offset: number
  /** How many are given then. */
  limit: number
}

/** Some samples, read one after the other as far as nothing must be awaited. */
export class Batch {
  readonly samples: Sample[] = []
  readonly #part: Part
  #isOver = false

  constructor(part: Part) {
    this.#part = part
  }

  /** Whether there are no more drafts. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Reads drafts until there are enough. One that takes its time is given, and ends the batch. */
  read(drafts: Drafts): Promise<Sample> | undefined {
    const part = this.#part
    while (this.samples.length < MOST && part.limit > 0) {
      const draft = drafts.next()
      if (draft === undefined) {
        this.#isOver = true
        break
      }
      if (part.offset > 0 && draft.isCertain) {
        part.offset--
        continue
      }
      const sample = draft.read()
      if (sample instanceof Promise) return sample
      this.add(sample)
    }
    return undefined
  }

  /** Takes a sample, if it is wanted. */
  add(sample: Sample): void {
    if (this.#part.offset > 0) {
      this.#part.offset--
      return
    }
    this.samples.push(sample)
    this.#part.limit--
  }
}

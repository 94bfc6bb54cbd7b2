import type { LogDraft } from '../store/log-draft.ts'
import type { ReviewFilter } from './review-filter.ts'
import type { ReviewLog } from './review-log.ts'
import type { RowTest } from './row-test.ts'

/** Values that are remembered of one stretch; with more of them, any may be there. */
const MOST_VALUES = 50

/** Whether a search can be told from what is known of stretches. */
export function isIndexed({ option, user, from, to }: ReviewFilter): boolean {
  return option !== undefined || user !== undefined || from !== undefined || to !== undefined
}

/** The indexes of logs, each for as long as the log is the same file. */
export class LogIndexes {
  readonly #known = new Map<string, { readonly ino: number; readonly index: LogIndex }>()

  of({ dataset, log }: ReviewLog, ino: number): LogIndex {
    const path = `${dataset.dir}/${log.name}`
    const known = this.#known.get(path)
    if (known?.ino === ino) return known.index
    const index = new LogIndex()
    this.#known.set(path, { ino, index })
    return index
  }
}

/** What is known of some rows that stand one behind the other. */
interface Stretch {
  readonly start: number
  readonly end: number
  readonly rows: number
  /** The first and the last moment that rows name. */
  readonly from: number
  readonly to: number
  readonly options: ReadonlySet<string>
  readonly users: ReadonlySet<string>
}

/** Notes what the rows of a stretch hold. */
export class StretchNotes {
  readonly #test: RowTest
  readonly #options = new Set<string>()
  readonly #users = new Set<string>()
  #rows = 0
  #from = Number.POSITIVE_INFINITY
  #to = Number.NEGATIVE_INFINITY

  constructor(test: RowTest) {
    this.#test = test
  }

  /** Takes a row, with its time if it has one. */
  add(row: LogDraft, time: number | undefined): void {
    this.#rows++
    if (time !== undefined && time < this.#from) this.#from = time
    if (time !== undefined && time > this.#to) this.#to = time
    addTo(this.#options, this.#test.option(row) ?? '')
    addTo(this.#users, this.#test.user(row) ?? '')
  }

  /** What was noted of the rows between two offsets. */
  of(start: number, end: number): Stretch {
    const [rows, from, to] = [this.#rows, this.#from, this.#to]
    return { start, end, rows, from, to, options: this.#options, users: this.#users }
  }
}

/**
 * What is known of the stretches of one log, so that a search can leave out those in which it would
 * find nothing. It takes a few kilobytes at most for each megabyte of the log.
 */
export class LogIndex {
  readonly #stretches: Stretch[] = []

  /** Adds what is known of the rows behind those that are known already. */
  add(stretch: Stretch): void {
    if (stretch.start >= (this.#stretches.at(-1)?.end ?? 0)) this.#stretches.push(stretch)
  }

  /** The stretch that reaches up to an offset, if a search would find nothing in it. */
  emptyBefore(offset: number, filter: ReviewFilter): Stretch | undefined {
    const at = this.#firstBehind(offset) - 1
    const stretch = this.#stretches[at]
    return stretch?.end === offset && !mayHold(stretch, filter) ? stretch : undefined
  }

  /** The stretch that starts at an offset, if a search would find nothing in it. */
  emptyAfter(offset: number, filter: ReviewFilter): Stretch | undefined {
    const at = this.#firstBehind(offset)
    const stretch = this.#stretches[at]
    return stretch?.start === offset && !mayHold(stretch, filter) ? stretch : undefined
  }

  /** Where the stretch that an offset lies in starts; `undefined` where none is known there. */
  startOf(offset: number): number | undefined {
    const stretch = this.#stretches[this.#firstBehind(offset - 1)]
    return stretch !== undefined && stretch.start < offset ? stretch.start : undefined
  }

  /** The position of the first stretch that ends behind an offset. */
  #firstBehind(offset: number): number {
    let [low, high] = [0, this.#stretches.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#stretches[middle] as Stretch).end > offset) high = middle
      else low = middle + 1
    }
    return low
  }
}

function mayHold(stretch: Stretch, { option, user, from, to }: ReviewFilter): boolean {
  if (from !== undefined && stretch.to < from) return false
  if (to !== undefined && stretch.from >= to) return false
  return has(stretch.options, option) && has(stretch.users, user)
}

function has(values: ReadonlySet<string>, asked: string | undefined): boolean {
  return asked === undefined || values.size > MOST_VALUES || values.has(asked)
}

function addTo(values: Set<string>, value: string): void {
  if (values.size <= MOST_VALUES) values.add(value)
}

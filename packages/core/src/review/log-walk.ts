import { createHash } from 'node:crypto'
import type { OpenLog } from '../store/open-log.ts'
import { rowHash } from '../store/row-key.ts'
import {
  type Block,
  blockAfter,
  blockBefore,
  countRows,
  forEachRow,
  giveBack,
  largerThan,
  rowStartBefore,
} from './log-block.ts'
import { type LogIndex, type LogIndexes, isIndexed } from './log-index.ts'
import type { DatasetMarks } from './marks.ts'
import { fitsMarks } from './marks.ts'
import type { ReviewFilter } from './review-filter.ts'
import { type ReviewLog, type ReviewPlace, endOfWhole, withLog, writtenAt } from './review-log.ts'
import { RowTest, mayHoldWords } from './row-test.ts'
import type { SearchBudget } from './search-budget.ts'

/** A row that was found. */
export interface FoundRow {
  readonly start: number
  /** The offset behind its last byte. */
  readonly end: number
  /** Milliseconds since 1970: its own, or when its log was written last. */
  readonly time: number
  readonly duration: number | undefined
}

/**
 * Where a walk stands: an offset at which a row starts, and what tells whether one still does; `null`
 * where that is known.
 */
export type Position = readonly [offset: number, check: string | null]

/** What a walk looks for. */
export interface WalkOptions {
  readonly place: ReviewPlace
  readonly filter: ReviewFilter
  readonly marks: DatasetMarks
  readonly direction: 'back' | 'forward'
  readonly indexes: LogIndexes
  readonly budget: SearchBudget
  readonly told: (notice: string) => void
}

const FIRST_BLOCK = 16 * 1024
const CHECK_BYTES = 32

/** Walks through one log, from its newest row back or from its oldest on, without holding it open. */
export class LogWalk {
  readonly log: ReviewLog
  readonly #options: WalkOptions
  readonly #begin: Position | undefined
  /** What was found and not taken; the next one is the last. */
  #rows: FoundRow[] = []
  /** Up to where rows were looked at; `undefined` before the first look. */
  #edge: number | undefined
  #end = 0
  #isOver = false
  #size = FIRST_BLOCK
  #writtenAt: number | undefined

  /** @param begin where an earlier walk of the same direction stood */
  constructor(log: ReviewLog, options: WalkOptions, begin?: Position) {
    this.log = log
    this.#options = options
    this.#begin = begin
  }

  /** The next row; `undefined` if there is none, `later` if the budget is spent before one is found. */
  async head(): Promise<FoundRow | 'later' | undefined> {
    while (this.#rows.length === 0 && !this.#isOver) {
      if (this.#options.budget.isSpent) return 'later'
      await this.#look()
    }
    return this.#rows.at(-1)
  }

  take(): void {
    this.#rows.pop()
  }

  /** Takes all rows that were found with the {@link head}, in no order. */
  takeAll(): readonly FoundRow[] {
    return this.#rows.splice(0)
  }

  /** Where it stands, if it has begun. */
  async position(): Promise<Position | undefined> {
    const row = this.#rows.at(-1)
    const isBack = this.#options.direction === 'back'
    const offset = row === undefined ? this.#edge : isBack ? row.end : row.start
    if (offset === undefined) return this.#begin
    const { place, told } = this.#options
    const check = await withLog(place, this.log, told, (open) => checkOf(open, offset))
    return [offset, check ?? '']
  }

  async #look(): Promise<void> {
    const { place, told } = this.#options
    this.#writtenAt ??= await writtenAt(place, this.log)
    const isRead = await withLog(place, this.log, told, async (open) => {
      const index = await this.#indexOf(open)
      const begin = this.#edge ?? (await this.#beginOf(open))
      this.#edge = index === undefined ? begin : this.#behindEmpty(index, begin)
      if (!this.#isAtEnd(open, this.#edge)) {
        const block = await this.#blockOf(open, this.#edge, index)
        await this.#search(open, block)
        giveBack(block)
      }
      this.#isOver = this.#isAtEnd(open, this.#edge)
      return true
    })
    if (isRead !== true) this.#isOver = true
    this.#size = largerThan(this.#size)
  }

  async #indexOf({ file }: OpenLog): Promise<LogIndex | undefined> {
    const { filter, indexes } = this.#options
    return isIndexed(filter) ? indexes.of(this.log, (await file.stat()).ino) : undefined
  }

  /** Goes past what is known to hold nothing that is looked for. */
  #behindEmpty(index: LogIndex, from: number): number {
    const { filter, direction, budget } = this.#options
    for (let edge = from; ;) {
      const empty =
        direction === 'back' ? index.emptyBefore(edge, filter) : index.emptyAfter(edge, filter)
      if (empty === undefined) return edge
      budget.searched += empty.rows
      edge = direction === 'back' ? empty.start : empty.end
    }
  }

  #isAtEnd(open: OpenLog, edge: number): boolean {
    return this.#options.direction === 'back' ? edge <= open.from : edge >= this.#end
  }

  async #beginOf(open: OpenLog): Promise<number> {
    const isBack = this.#options.direction === 'back'
    this.#end = await endOfWhole(open)
    if (this.#begin === undefined) return isBack ? this.#end : open.from
    const [offset, check] = this.#begin
    if (offset <= open.from) return open.from
    const isInside = offset <= this.#end
    if (isInside && (check === null || (await checkOf(open, offset)) === check)) return offset
    // Rows were deleted: what was here lies further to the front.
    return rowStartBefore(open, Math.min(offset, this.#end), this.#end)
  }

  #blockOf(open: OpenLog, edge: number, index: LogIndex | undefined): Promise<Block> {
    if (this.#options.direction === 'forward') {
      return blockAfter(open, edge, this.#end, this.#size)
    }
    // No further than where more is known.
    const start = index?.startOf(edge) ?? 0
    return blockBefore(open, edge, Math.min(this.#size, edge - start))
  }

  async #search(open: OpenLog, block: Block): Promise<void> {
    const { filter, direction, budget } = this.#options
    let found: FoundRow[] = []
    if (mayHoldWords(block.bytes, filter.words)) found = await this.#rowsIn(open, block)
    else budget.searched += countRows(block)
    const isBack = direction === 'back'
    this.#rows = isBack ? found : found.reverse()
    this.#edge = isBack ? block.start : block.end
  }

  async #rowsIn(open: OpenLog, block: Block): Promise<FoundRow[]> {
    const { filter, marks, budget } = this.#options
    const test = new RowTest(filter, open.plan.columns)
    const found: FoundRow[] = []
    const writtenAt = this.#writtenAt ?? 0
    await forEachRow(open, block, (row) => {
      budget.searched++
      if (!test.accepts(row)) return
      const { start, end } = row.place
      if (filter.marks !== undefined) {
        const bytes = block.bytes.subarray(start - block.start, end - block.start)
        if (!fitsMarks(marks.of(rowHash(bytes)), filter.marks)) return
      }
      found.push({ start, end, time: test.time(row) ?? writtenAt, duration: test.duration(row) })
    })
    return found
  }
}

/** A few characters of what follows an offset, by which it is known again. */
async function checkOf({ file }: OpenLog, offset: number): Promise<string> {
  const bytes = Buffer.alloc(CHECK_BYTES)
  const count = await file.read(bytes, 0, CHECK_BYTES, offset)
  if (count === 0) return ''
  return createHash('sha256').update(bytes.subarray(0, count)).digest('base64url').slice(0, 6)
}

import { FlaggingError } from '../errors.ts'
import { DETAIL_COLUMNS, type DetailColumn } from '../log-columns.ts'

/** The options of {@link CSVLogger}. */
export interface CSVLoggerOptions {
  /** Columns to add after the components, the option and the user name. Default: none. */
  readonly columns?: readonly DetailColumn[]
  /**
   * `batch`: a stored sample survives a power failure, at the price of one `fdatasync` per batch.
   * `none`: it survives the death of the process alone; after a power failure the last rows may be
   * missing, and files be damaged, but what rows there are hold what was stored. Default `batch`.
   */
  readonly fsync?: 'batch' | 'none'
  /** Whether HTML, SVG, scripts and the like keep their extension instead of `bin`. Default `false`. */
  readonly activeContent?: boolean
  /**
   * Says that this logger is the only writer of its directories: then no lock is taken, nor needed.
   * Default `false`.
   */
  readonly exclusive?: boolean
}

const FSYNC: readonly unknown[] = [undefined, 'batch', 'none']
const SWITCH: readonly unknown[] = [undefined, true, false]

/** Throws at what is no option of a `CSVLogger`, and says what is. */
export function checkOptions(options: CSVLoggerOptions): void {
  const { columns = [], fsync, activeContent, exclusive, ...unknown } = options
  const [name] = Object.keys(unknown)
  if (name !== undefined) {
    throw bad(`has no option ${name}; it has columns, fsync, activeContent and exclusive`)
  }
  if (!Array.isArray(columns)) throw bad('takes `columns` as a list of names')
  for (const [index, column] of columns.entries()) {
    if (!DETAIL_COLUMNS.includes(column)) {
      throw bad(`has no column ${String(column)}; it has ${DETAIL_COLUMNS.join(', ')}`)
    }
    if (columns.indexOf(column) !== index) throw bad(`takes each column once, not ${column} twice`)
  }
  if (!FSYNC.includes(fsync)) throw bad("takes `fsync` as 'batch' or 'none'")
  if (!SWITCH.includes(activeContent)) throw bad('takes `activeContent` as true or false')
  if (!SWITCH.includes(exclusive)) throw bad('takes `exclusive` as true or false')
}

function bad(what: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_OPTION', `CSVLogger ${what}`)
}

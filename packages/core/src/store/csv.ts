import { type Options, stringify } from 'csv-stringify/sync'

const FORMAT: Options = {
  record_delimiter: '\n',
  quote_record_delimiter: true,
  // Other readers may split at these, or trim blanks.
  quoted_match: [';', '\t', '|', /^\s|\s$/],
}

/** What none of the rules above applies to: ASCII without separators, quotes and blanks at an edge. */
const PLAIN = /^(?:[!#-+\--:<-{}~]+(?: +[!#-+\--:<-{}~]+)*)?$/

/** Lines of plain cells, each a field of one record: nothing of them is looked for or escaped. */
const LINES: Options = {
  delimiter: '\n',
  record_delimiter: '\n',
  quote: '',
  quote_record_delimiter: false,
}

/**
 * CSV text of records whose cells are encoded: commas, LF behind each record, quotes only where a
 * reader needs them. Never a byte order mark, never an empty line.
 */
export function formatRecords(records: readonly (readonly string[])[]): string {
  const lines = plainLines(records)
  if (lines !== undefined) return stringify([lines], LINES)
  if (!records.some(isEmptyLine)) return stringify([...records], FORMAT)
  return records
    .map((record) => stringify([record], { ...FORMAT, quoted_empty: isEmptyLine(record) }))
    .join('')
}

/**
 * The lines of records without a cell that may need quotes: csv-stringify takes four times as long
 * to find that out, cell by cell.
 */
function plainLines(records: readonly (readonly string[])[]): string[] | undefined {
  const lines: string[] = []
  for (const record of records) {
    if (record.length === 0 || isEmptyLine(record)) return undefined
    let line = ''
    for (const [index, cell] of record.entries()) {
      if (!PLAIN.test(cell)) return undefined
      line += index === 0 ? cell : `,${cell}`
    }
    lines.push(line)
  }
  return lines.length === 0 ? undefined : lines
}

function isEmptyLine(record: readonly string[]): boolean {
  return record.length === 1 && record[0] === ''
}

import { type Options, stringify } from 'csv-stringify/sync'

const FORMAT: Options = {
  record_delimiter: '\n',
  quote_record_delimiter: true,
  // Other readers may split at these, or trim blanks.
  quoted_match: [';', '\t', '|', /^\s|\s$/],
}

/**
 * CSV text of records whose cells are encoded: commas, LF behind each record, quotes only where a
 * reader needs them. Never a byte order mark, never an empty line.
 */
export function formatRecords(records: readonly (readonly string[])[]): string {
  const lines: unknown[] = [...records]
  if (!records.some(isEmptyLine)) return stringify(lines, FORMAT)
  return records
    .map((record) => stringify([record], { ...FORMAT, quoted_empty: isEmptyLine(record) }))
    .join('')
}

function isEmptyLine(record: readonly string[]): boolean {
  return record.length === 1 && record[0] === ''
}

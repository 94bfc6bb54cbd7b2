import { isSameList } from './row-layout.ts'
import type { LogBytes } from './log-bytes.ts'
import type { ParsedRecord } from './record-parser.ts'

const QUOTE = 0x22
const MARK = [0xef, 0xbb, 0xbf]
const DELIMITER = /[;\t]/
const ADVICE = 'save it as CSV with commas, in UTF-8'

/** Whether a file starts as one in UTF-16 does: what spreadsheets call Unicode text. */
export async function isUTF16(bytes: LogBytes): Promise<boolean> {
  const [first, second] = await bytes.read(0, 2)
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
}

/** Why a log in UTF-16 is left out. */
export const IN_UTF16: string = `a spreadsheet saved it in UTF-16: ${ADVICE}`

/**
 * What a spreadsheet did to the header of a log of ours, if it put something else between the cells;
 * each of them would be read as a part of another.
 * @param names the labels that the log was written with, if they are known
 */
export async function otherDelimiter(
  bytes: LogBytes,
  { cells, start, quoting }: ParsedRecord,
  names: readonly string[] | undefined,
): Promise<string | undefined> {
  const line = cells.join(',')
  if (names !== undefined && isSameList(cells, names)) return undefined
  if (/^sep=.?$/i.test(line)) return `a spreadsheet put \`sep=\` in front of it: ${ADVICE}`
  const isKnown = [';', '\t'].some((sign) => names && isSameList(line.split(sign), names))
  // We quote a label that has such a sign.
  const isBare = quoting !== 'strict' || !(await startsQuoted(bytes, start))
  if (!isKnown && !(cells.length === 1 && DELIMITER.test(line) && isBare)) return undefined
  return `a spreadsheet put \`;\` or TAB between its cells: ${ADVICE}`
}

async function startsQuoted(bytes: LogBytes, start: number): Promise<boolean> {
  const found = await bytes.read(start, MARK.length + 1)
  const isMarked = start === 0 && MARK.every((byte, at) => found[at] === byte)
  return found[isMarked ? MARK.length : 0] === QUOTE
}

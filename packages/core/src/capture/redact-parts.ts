import type { BodyBytes } from './body-bytes.ts'
import { BodyText } from './body-text.ts'
import { parseDisposition } from './content-disposition.ts'
import { parseMediaType } from './media-type.ts'
import { REDACTED } from './redact-rules.ts'
import type { Redactor } from './redactor.ts'
import { type Replacement, replaceBytes } from './replace-bytes.ts'

const NAME = 'content-disposition'
/** A line that starts with it, as far as one look shows. */
const NAMED_LINE = /[\r\n]content-disposition[\t ]*(?::|$)/i
/** With the lines that it goes on in, which some parsers allow. */
const DISPOSITION = /^content-disposition[\t ]*:.*(?:\r?\n[\t ].*)*/i
const BLANK_LINE = /\n\r?\n/
/** Longer part headers are not looked through. */
const LONGEST_HEADER = 16 * 1024

/**
 * Replaces the hidden fields of a broken or cut-off multipart body; `undefined` if there are none.
 * Contents are only loaded where they may hold JSON.
 * @param redactor for names as Latin-1 shows them, too
 * @param boundary empty where it is not known: then a part ends where a line starts with `--`
 */
export function redactParts(
  body: BodyBytes,
  redactor: Redactor,
  boundary: string,
): Uint8Array | undefined {
  const text = new BodyText(body)
  const delimiter = Buffer.from(`\n--${boundary}`, 'latin1')
  const replacements: Replacement[] = []
  let last = 0
  for (let at = firstDisposition(text); at !== undefined; at = nextDisposition(text, last)) {
    const from = text.search(BLANK_LINE, 3, at)?.to
    if (from === undefined) break
    const { name } = parseDisposition(headerAt(text, at))
    const headers = { from: Math.max(last, at - LONGEST_HEADER), to: at + LONGEST_HEADER }
    const holds = redactor.hidesField(name) ? 'secret' : kindOf(text, headers, from)
    const to = contentEnd(body, from, delimiter)
    const bytes = holds && redacted(body, { from, to }, holds, redactor)
    if (bytes) replacements.push({ from, to, bytes })
    last = to
  }
  return replaceBytes(body, replacements)
}

/** Part of a body. */
interface Range {
  readonly from: number
  readonly to: number
}

function firstDisposition(text: BodyText): number | undefined {
  const isFirst = text.slice(0, NAME.length).toLowerCase() === NAME && isNamed(text, 0)
  return isFirst ? 0 : nextDisposition(text, 0)
}

/** Where the next such header starts, behind a line break that is not before `start`. */
function nextDisposition(text: BodyText, start: number): number | undefined {
  let line = text.search(NAMED_LINE, NAME.length + 1, start)
  while (line && !isNamed(text, line.from + 1)) {
    line = text.search(NAMED_LINE, NAME.length + 1, line.to)
  }
  return line && line.from + 1
}

/** Whether the name that starts at a place is the whole name of a header. */
function isNamed(text: BodyText, at: number): boolean {
  const behind = text.search(/[^\t ]/, 1, at + NAME.length)
  return behind !== undefined && text.slice(behind.from, behind.to) === ':'
}

/** The beginning of the header at a place. */
function headerAt(text: BodyText, at: number): string {
  // A line break that is the last one may go on in the two characters behind.
  const lines = text.slice(at, at + LONGEST_HEADER + 2)
  const header = DISPOSITION.exec(lines)?.[0] ?? lines
  return Buffer.from(header.slice(0, LONGEST_HEADER), 'latin1').toString('utf8')
}

function contentEnd(body: BodyBytes, from: number, delimiter: Buffer): number {
  const end = body.indexOf(delimiter, from)
  if (end === -1) return body.length
  return end > from && body.at(end - 1) === CR ? end - 1 : end
}

const CR = 0x0d

/** What content is looked through for. */
type Kind = 'json' | 'undeclared json'

/** What kind the content that starts at a place may be, from its headers and its beginning alone. */
function kindOf(text: BodyText, headers: Range, from: number): Kind | undefined {
  const type = CONTENT_TYPE.exec(text.slice(headers.from, headers.to))?.[1]
  if (parseMediaType(type)?.kind === 'json') return 'json'
  return mayBeJSON(text, from) ? 'undeclared json' : undefined
}

const CONTENT_TYPE = /^content-type[\t ]*:(.*)$/im

/**
 * Whether what starts at a place begins as {@link Redactor.text} looks through it. Where only blanks
 * come before the end of the content, its delimiter tells that it does not.
 */
function mayBeJSON(text: BodyText, from: number): boolean {
  const hasMark = text.slice(from, from + 3) === BYTE_ORDER_MARK
  const first = text.search(/\S/, 1, hasMark ? from + 3 : from)
  return first !== undefined && /[{[]/.test(text.slice(first.from, first.to))
}

/** As Latin-1 shows it. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf'

/** What stands for the content; `undefined` if it stays as it is. */
function redacted(
  body: BodyBytes,
  { from, to }: Range,
  holds: Kind | 'secret',
  redactor: Redactor,
): Buffer | undefined {
  if (holds === 'secret') {
    const isSo = to - from === HIDDEN.length && body.subarray(from, to).equals(HIDDEN)
    return isSo ? undefined : HIDDEN
  }
  // In Latin-1 each byte is a character, and comes back as the same byte.
  const text = body.subarray(from, to).toString('latin1')
  const safe = holds === 'json' ? redactor.broken(text) : redactor.text(text)
  return safe === text ? undefined : Buffer.from(safe, 'latin1')
}

const HIDDEN = Buffer.from(REDACTED)

import { parseDisposition } from './content-disposition.ts'
import { parseMediaType } from './media-type.ts'
import { REDACTED } from './redact-rules.ts'
import type { Redactor } from './redactor.ts'

/** With the lines that it goes on in, which some parsers allow. */
const DISPOSITION = /^content-disposition[\t ]*:.*(?:\r?\n[\t ].*)*/gim
const BLANK_LINE = /\r?\n\r?\n/g
/** Longer part headers are not looked through. */
const LONGEST_HEADER = 16 * 1024

/**
 * Replaces the hidden fields of a broken or cut-off multipart body.
 * @param text the body in Latin-1
 * @param boundary empty where it is not known: then a part ends where a line starts with `--`
 */
export function redactParts(text: string, redactor: Redactor, boundary: string): string {
  const delimiter = `\n--${boundary}`
  let redacted = ''
  let copied = 0
  for (const { 0: header, index: at } of text.matchAll(DISPOSITION)) {
    if (at < copied) continue
    BLANK_LINE.lastIndex = at
    if (!BLANK_LINE.test(text)) break
    const from = BLANK_LINE.lastIndex
    const to = contentEnd(text, from, delimiter)
    const { name } = parseDisposition(utf8(header.slice(0, LONGEST_HEADER)))
    const headers = text.slice(Math.max(copied, at - LONGEST_HEADER), at + LONGEST_HEADER)
    const content = text.slice(from, to)
    redacted += text.slice(copied, from)
    redacted += redactor.hidesField(name) ? REDACTED : redactContent(content, headers, redactor)
    copied = to
  }
  return redacted + text.slice(copied)
}

function contentEnd(text: string, from: number, delimiter: string): number {
  const end = text.indexOf(delimiter, from)
  if (end === -1) return text.length
  return end > from && text.charAt(end - 1) === '\r' ? end - 1 : end
}

function redactContent(content: string, headers: string, redactor: Redactor): string {
  const type = /^content-type[\t ]*:(.*)$/im.exec(headers)?.[1]
  const isJSON = parseMediaType(type)?.kind === 'json'
  return isJSON ? redactor.broken(content) : redactor.text(content)
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8')
}

import type { Datum } from './decoded.ts'
import { datumOfJSON, plainValue, validJSON } from './json-datum.ts'
import type { Redactor } from './redactor.ts'
import { TextDeltas } from './text-deltas.ts'
import { TextJoiner } from './text.ts'

/** What a stream of events or lines is decoded to. */
export interface StreamContent {
  readonly datum: Datum
  /** How many events or lines it had. */
  readonly count: number
  /** Whether a broken one was left out at the end. */
  readonly truncated: boolean
}

/**
 * Decodes a `text/event-stream`: to the text that its events spell, or to a list of their `data`
 * values, in JSON or as strings.
 * @param cut whether the text may end within an event, which is then left out
 */
export function decodeEvents(text: string, redactor: Redactor, cut: boolean): StreamContent {
  const deltas = new TextDeltas()
  const list = new JSONList()
  let truncated = false
  for (const [data, ended] of eventData(text)) {
    // A stream that was aborted may end in the middle of an event: what was spelled until then counts.
    truncated = !ended && (cut || (/^\s*[{["]/.test(data) && validJSON(data) === undefined))
    if (truncated) break
    const plain = plainValue(data, redactor)
    const piece = plain === undefined ? pieceOf(data, redactor) : data
    list.add(piece)
    if (deltas.possible) deltas.add(plain ?? deltaOf(piece))
  }
  const spelled = deltas.text()
  const datum = spelled === undefined ? list.datum() : { value: redactor.text(spelled) }
  return { datum, count: list.count, truncated }
}

/**
 * Decodes newline-delimited JSON, or a JSON text sequence, to a list of its values; lines that are
 * no JSON become strings.
 * @param cut whether the text may end within a line, which is then left out
 */
export function decodeLines(text: string, redactor: Redactor, cut: boolean): StreamContent {
  const list = new JSONList()
  let truncated = false
  for (const [line, ended] of linesOf(text)) {
    const record = line.startsWith(RECORD_SEPARATOR) ? line.slice(1) : line
    truncated = cut && !ended
    if (record.trim() !== '' && !truncated) list.add(pieceOf(record, redactor))
  }
  return { datum: list.datum(), count: list.count, truncated }
}

const RECORD_SEPARATOR = '\u001e'
const LARGEST_DELTA = 1024 * 1024

/** JSON.parse of a large text takes many times its memory, and no delta is large. */
function deltaOf(piece: string): unknown {
  return piece.length > LARGEST_DELTA ? undefined : JSON.parse(piece)
}

/** Redacted JSON text of one event or line. */
function pieceOf(data: string, redactor: Redactor): string {
  const valid = validJSON(data)
  if (valid !== undefined) return redactor.json(valid)
  return JSON.stringify(redactor.broken(data))
}

/** The JSON text of a list, put together from that of its elements. */
class JSONList {
  readonly #text = new TextJoiner()
  count = 0

  add(piece: string): void {
    if (this.count++ > 0) this.#text.add(',')
    this.#text.add(piece)
  }

  datum(): Datum {
    return datumOfJSON(`[${this.#text.text()}]`)
  }
}

/** The `data` of each event, by the rules of the HTML standard, and whether the event has an end. */
function* eventData(text: string): Generator<readonly [data: string, ended: boolean]> {
  let data: TextJoiner | undefined
  for (const [line] of linesOf(text)) {
    if (line === '') {
      if (data) yield [data.text(), true]
      data = undefined
      continue
    }
    const colon = line.indexOf(':')
    if ((colon === -1 ? line : line.slice(0, colon)) !== 'data') continue
    const value = colon === -1 ? '' : line.slice(colon + 1)
    if (data) data.add('\n')
    else data = new TextJoiner()
    data.add(value.startsWith(' ') ? value.slice(1) : value)
  }
  // A server that leaves out the last empty line has still sent the event.
  if (data) yield [data.text(), false]
}

/** The lines of a text, which end in CR, LF or both, and whether each has an end. */
function* linesOf(text: string): Generator<readonly [line: string, ended: boolean]> {
  const { length } = text
  let lf = -1
  let cr = -1
  for (let from = 0; from < length;) {
    if (lf < from) lf = indexOrEnd(text, '\n', from)
    if (cr < from) cr = indexOrEnd(text, '\r', from)
    const end = Math.min(lf, cr)
    yield [text.slice(from, end), end < length]
    from = cr + 1 === lf ? lf + 1 : end + 1
  }
}

function indexOrEnd(text: string, char: string, from: number): number {
  const index = text.indexOf(char, from)
  return index === -1 ? text.length : index
}

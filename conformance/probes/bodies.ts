import { createHash } from 'node:crypto'
import { inspect } from 'node:util'

/** A body as a client may send it, whatever it means. */
export interface Sent {
  /** What it is, in words: differences are named by it. Sent along, so ASCII. */
  readonly name: string
  /** Its `Content-Type`; none is sent without one. */
  readonly type?: string
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
  /** What a complete capture has of it, unless the app reads nothing. */
  readonly kept?: string
}

/** The boundary of the forms below. */
const BOUNDARY = 'X'
/** The type of a form with that boundary. */
export const MULTIPART: string = `multipart/form-data; boundary=${BOUNDARY}`

/** A part of a form: what follows `form-data; `, the data, and further lines of its head. */
export function part(disposition: string, data: string, ...head: string[]): string {
  const lines = [`Content-Disposition: form-data; ${disposition}`, ...head]
  return `--${BOUNDARY}\r\n${lines.join('\r\n')}\r\n\r\n${data}\r\n`
}

/** A form of these parts, with its end. Characters above U+00FF become UTF-8. */
export function form(...parts: string[]): string {
  return `${parts.join('')}--${BOUNDARY}--\r\n`
}

/** The bytes of a text in which each character stands for one. */
export function bytes(latin1: string): Buffer {
  return Buffer.from(latin1, 'latin1')
}

/** A value as the app sees it, with its types and its prototype; long ones as length and digest. */
export function seen(value: unknown): string {
  const text = inspect(value, { depth: 6, maxStringLength: 400, maxArrayLength: 50, sorted: false })
  return text.length > 4000 ? `${text.length} characters, ${digest(text)}` : text
}

/** Bytes as length and digest. */
export function measured(content: Uint8Array): string {
  return `${content.length} bytes, ${digest(content)}`
}

/** The first characters of a SHA-256. */
export function digest(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16)
}

/** What an app would do well to look at in an error; no stack, which names what is mounted. */
export function failure(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { thrown: seen(error) }
  const { name, message, code, status, type, httpCode, field } = error as Error &
    Record<string, unknown>
  return { name, message: message.slice(0, 400), code, status, type, httpCode, field }
}

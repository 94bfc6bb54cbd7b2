import { type BodyBytes, bodyBytes } from './body-bytes.ts'
import { undoContentCoding } from './content-coding.ts'
import type { DecodeJob, Decoded, FilePart } from './decoded.ts'
import { type StreamContent, decodeEvents, decodeLines } from './event-stream.ts'
import { parseForm, redactForm } from './form.ts'
import { decodeJSON } from './json-datum.ts'
import { type MediaType, parseMediaType } from './media-type.ts'
import { OCTETS, fileBody, octets, rawBody, rawForm } from './raw-body.ts'
import { Redactor } from './redactor.ts'
import { dataStreamText, isDataStream } from './text-deltas.ts'
import { decodeText } from './text.ts'

/**
 * Decodes and redacts a recorded body. Pure; what it gives is plain data. Only multipart bodies take
 * a promise, which never rejects.
 * @param bytes what was recorded, all of it; files of the result are ranges of it, or hold their own
 */
export function decode(job: DecodeJob, bytes: Uint8Array): Decoded | Promise<Decoded> {
  const uncoded = undoContentCoding(bytes, job.limits.interactionBytes, job.contentEncoding)
  if (uncoded.error !== undefined) {
    return fileBody(job, bytes.length, OCTETS, { error: uncoded.error })
  }
  const content = uncoded.truncated ? { ...job, truncated: true } : job
  const decoded = decodeContent(content, uncoded.bytes)
  if (!uncoded.undone) return decoded
  return decoded instanceof Promise
    ? decoded.then((one) => withOwnFiles(one, uncoded.bytes))
    : withOwnFiles(decoded, uncoded.bytes)
}

/**
 * Decodes and redacts a body whose UTF-8 bytes are known as text; `undefined` where what it is takes
 * a look at the bytes.
 */
export function decodeAsText(job: TextJob, text: string): Decoded | undefined {
  if (job.contentEncoding !== undefined || text === '') return undefined
  const media = parseMediaType(job.contentType)
  if (media?.kind === 'file' || media?.kind === 'multipart') return undefined
  if (media?.charset !== undefined && !UTF8.test(media.charset)) return undefined
  const plain = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text
  if (media) return decodeDeclared(job, media.kind, plain)
  return plain.includes('\0') ? undefined : undeclaredText(job, plain)
}

/** A job on a body that is there as text. */
type TextJob = Omit<DecodeJob, 'source'>

const UTF8 = /^utf-?8$/i
const BYTE_ORDER_MARK = 0xfeff

/** Decodes a body that has no content coding. */
function decodeContent(job: DecodeJob, bytes: Uint8Array): Decoded | Promise<Decoded> {
  if (bytes.length === 0) return { kind: 'empty', form: false, truncated: job.truncated }
  const media = parseMediaType(job.contentType)
  if (!media) return decodeUndeclared(job, bytes)
  if (media.kind === 'file') return fileBody(job, bytes.length, media.essence)
  if (media.kind === 'multipart') return decodeForm(job, bodyBytes(bytes))

  const text = decodeText(bytes, media.charset, isCut(job))
  return text === undefined
    ? rawBody(job, bytes, 'The body is not valid in its charset.')
    : decodeDeclared(job, media.kind, text)
}

/** Whether the body may end anywhere, such as within a character. */
function isCut({ truncated, unfinished }: TextJob): boolean {
  return truncated || unfinished === true
}

/**
 * Decodes and redacts a multipart body that has no content coding, and is not empty. Rejects only
 * where it cannot be read.
 */
export async function decodeForm(job: DecodeJob, body: BodyBytes): Promise<Decoded> {
  if (job.truncated) return rawForm(job, body, CUT_OFF)
  // Loaded here because only the worker thread needs it.
  const { decodeMultipart } = await import('./multipart.ts')
  return decodeMultipart(body, job.contentType ?? '', job.limits, job.redact)
}

const CUT_OFF = 'The body is cut off.'

function decodeDeclared(job: TextJob, kind: MediaType['kind'], text: string): Decoded {
  const redactor = Redactor.of(job.redact)
  switch (kind) {
    case 'json':
      return jsonBody(job, text, redactor) ?? broken(job, redactor.broken(text), NOT_JSON)
    case 'form':
      return formBody(job, text, redactor)
    case 'events':
      return streamBody(job, text, decodeEvents(text, redactor, isCut(job)), redactor)
    case 'lines':
      return streamBody(job, text, decodeLines(text, redactor, isCut(job)), redactor)
    case 'text':
    case 'multipart':
    case 'file':
      return textBody(job, text, redactor)
  }
}

const NOT_JSON = 'The body is not valid JSON.'

function decodeUndeclared(job: DecodeJob, bytes: Uint8Array): Decoded {
  const text = decodeText(bytes, undefined, isCut(job))
  if (text === undefined || text.includes('\0')) return octets(job, bytes)
  return undeclaredText(job, text)
}

function undeclaredText(job: TextJob, text: string): Decoded {
  const redactor = Redactor.of(job.redact)
  const value = jsonBody(job, text, redactor)
  if (value) return value
  // It may be JSON all the same, broken or cut off.
  return textBody(job, /^\s*[{[]/.test(text) ? redactor.broken(text) : text, redactor)
}

function jsonBody(job: TextJob, text: string, redactor: Redactor): Decoded | undefined {
  const content = job.truncated ? undefined : decodeJSON(text, redactor)
  if (!content) return undefined
  const kind = 'entries' in content ? 'fields' : 'value'
  return { kind, ...content, form: false, truncated: false }
}

function formBody(job: TextJob, text: string, redactor: Redactor): Decoded {
  if (job.truncated) return broken(job, redactForm(text, redactor), CUT_OFF)
  return { kind: 'fields', ...parseForm(text, redactor, job.limits.fields), form: true }
}

function streamBody(
  job: TextJob,
  text: string,
  { datum, count, truncated }: StreamContent,
  redactor: Redactor,
): Decoded {
  if (count === 0 && isCut(job)) return broken(job, redactor.broken(text), CUT_OFF)
  return { kind: 'value', datum, form: false, truncated: truncated || job.truncated }
}

function textBody(job: TextJob, text: string, redactor: Redactor): Decoded {
  const whole = isCut(job) ? text.slice(0, text.lastIndexOf('\n') + 1) : text
  const spelled = dataStreamText(whole)
  const value =
    spelled === undefined && isDataStream(text)
      ? redactor.broken(text)
      : redactor.text(spelled ?? text)
  return { kind: 'value', datum: { value }, form: false, truncated: job.truncated }
}

/** A structured body as the text that it came as. */
function broken({ truncated }: TextJob, text: string, error: string): Decoded {
  const words = truncated ? CUT_OFF : error
  return { kind: 'value', datum: { value: text }, form: false, truncated, error: words }
}

/** Gives the files of a body their bytes, which nobody else has. */
function withOwnFiles(decoded: Decoded, bytes: Uint8Array): Decoded {
  const own = (file: FilePart): FilePart => {
    if (file.bytes) return file
    // A copy: one file must not keep the whole body alive.
    const part = new Uint8Array(bytes.subarray(file.offset, file.offset + file.size))
    return { ...file, offset: 0, bytes: part }
  }
  const owned = (datum: NonNullable<Decoded['datum']>): NonNullable<Decoded['datum']> => {
    if ('file' in datum) return { file: own(datum.file) }
    return 'files' in datum ? { files: datum.files.map(own) } : datum
  }
  return {
    ...decoded,
    ...(decoded.datum && { datum: owned(decoded.datum) }),
    ...(decoded.entries && {
      entries: decoded.entries.map(([name, datum]) => [name, owned(datum)] as const),
    }),
  }
}

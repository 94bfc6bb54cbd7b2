import { type BodyBytes, bodyBytes } from './body-bytes.ts'
import type { Decoded, DecodeJob, FilePart, RedactRules } from './decoded.ts'
import { redactForm } from './form.ts'
import { headerParams } from './header-params.ts'
import { type BodyKind, parseMediaType } from './media-type.ts'
import { redactParts } from './redact-parts.ts'
import { Redactor } from './redactor.ts'

/** The media type of bytes that nobody has declared. */
export const OCTETS = 'application/octet-stream'

/** A body as one file, of at most `limits.fileBytes`. */
export function fileBody(
  job: Pick<DecodeJob, 'truncated' | 'limits'>,
  size: number,
  type: string,
  rest: { readonly bytes?: Uint8Array; readonly error?: string } = {},
): Decoded {
  const { bytes, error } = rest
  const kept = Math.min(size, job.limits.fileBytes)
  const file: FilePart = {
    name: undefined,
    type,
    offset: 0,
    size: kept,
    ...(bytes && { bytes: bytes.subarray(0, kept) }),
  }
  return {
    kind: 'value',
    datum: { file },
    form: false,
    truncated: job.truncated || kept < size,
    ...(error !== undefined && { error }),
  }
}

/** A body of no known type that is no text, as a file; what in it looks like JSON is redacted. */
export function octets(
  job: Pick<DecodeJob, 'truncated' | 'limits' | 'redact'>,
  bytes: Uint8Array,
): Decoded {
  const redacted = redactBytes({ ...job, contentType: undefined }, bytes, 'text')
  return fileBody(job, redacted?.length ?? bytes.length, OCTETS, redacted && { bytes: redacted })
}

/** A body that cannot be decoded, as a file, with the hidden values replaced that can be found in it. */
export function rawBody(job: RawJob, bytes: Uint8Array, error: string): Decoded {
  const media = parseMediaType(job.contentType)
  if (media?.kind === 'multipart') return rawForm(job, bodyBytes(bytes), error)
  return rawFile(job, bytes.length, redactBytes(job, bytes, media?.kind ?? 'text'), error)
}

/** What {@link rawBody} gives for a multipart body, of which only what is looked at is in memory. */
export function rawForm(job: RawJob, body: BodyBytes, error: string): Decoded {
  const { contentType = '', redact } = job
  const redactor = Redactor.of(asLatin1(redact))
  const boundary = headerParams(contentType).get('boundary') ?? ''
  const redacted = redactor.active ? redactParts(body, redactor, boundary) : undefined
  return rawFile(job, body.length, redacted, error)
}

function rawFile(
  job: RawJob,
  size: number,
  redacted: Uint8Array | undefined,
  error: string,
): Decoded {
  const type = parseMediaType(job.contentType)?.essence ?? OCTETS
  const rest = { error, ...(redacted && { bytes: redacted }) }
  return fileBody(job, redacted?.length ?? size, type, rest)
}

type RawJob = Pick<DecodeJob, 'contentType' | 'truncated' | 'limits' | 'redact'>

/** Whether names in such a body may say that a value is to be hidden. */
export function isRedactable(job: DecodeJob): boolean {
  const kind = parseMediaType(job.contentType)?.kind ?? 'text'
  if (kind === 'file' || !Redactor.of(job.redact).active) return false
  return kind !== 'text' || !(job.source instanceof Uint8Array) || mayBeJSON(job.source)
}

function mayBeJSON(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte > SPACE && !BYTE_ORDER_MARK.includes(byte))
  return first === OPEN_OBJECT || first === OPEN_LIST
}

const SPACE = 0x20
const OPEN_LIST = 0x5b
const OPEN_OBJECT = 0x7b
const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf]

/** The bytes with hidden values replaced; `undefined` if there are none. */
function redactBytes(
  { contentType, redact }: Pick<DecodeJob, 'contentType' | 'redact'>,
  bytes: Uint8Array,
  kind: Exclude<BodyKind, 'multipart'>,
): Uint8Array | undefined {
  if (kind === 'file' || !Redactor.of(redact).active) return undefined
  if (kind === 'text' && !mayBeJSON(bytes)) return undefined
  const isWide = WIDE.test(parseMediaType(contentType)?.charset ?? '')
  // In Latin-1 each byte is a character, and comes back as the same byte.
  const encoding = isWide ? 'utf16le' : 'latin1'
  const rest = isWide ? bytes.length % 2 : 0
  const body = bodyBytes(bytes)
  const text = body.toString(encoding, 0, body.length - rest)
  const redactor = Redactor.of(isWide ? redact : asLatin1(redact))
  const redacted = redactText(text, kind, redactor)
  if (redacted === text) return undefined
  const kept = [Buffer.from(redacted, encoding), body.subarray(body.length - rest)]
  return new Uint8Array(Buffer.concat(kept))
}

/** Where two bytes are a character, the lower one first. */
const WIDE = /^(?:utf-?16(?:le)?|ucs-?2|unicode)$/i

/** The rules for names as Latin-1 shows those that are written in UTF-8. */
function asLatin1(redact: RedactRules): RedactRules {
  const extra = redact.extra.map((name) => Buffer.from(name).toString('latin1').toLowerCase())
  const isSame = extra.every((name, index) => name === redact.extra[index])
  return isSame ? redact : { ...redact, extra: [...redact.extra, ...extra] }
}

function redactText(text: string, kind: BodyKind, redactor: Redactor): string {
  if (kind === 'form') return redactForm(text, redactor)
  return kind === 'text' ? redactor.text(text) : redactor.broken(text)
}

import type { Decoded, DecodeJob, FilePart } from './decoded.ts'
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

/** A body that cannot be decoded, as a file, with the hidden values replaced that can be found in it. */
export function rawBody(
  job: Pick<DecodeJob, 'contentType' | 'truncated' | 'limits' | 'redact'>,
  bytes: Uint8Array,
  error: string,
): Decoded {
  const media = parseMediaType(job.contentType)
  const redacted = media && redactBytes(job, bytes, media.kind)
  return fileBody(job, redacted?.length ?? bytes.length, media?.essence ?? OCTETS, {
    error,
    ...(redacted && { bytes: redacted }),
  })
}

/** Whether names in such a body may say that a value is to be hidden. */
export function isRedactable(job: Pick<DecodeJob, 'contentType' | 'redact'>): boolean {
  const kind = parseMediaType(job.contentType)?.kind ?? 'file'
  return kind !== 'file' && kind !== 'text' && Redactor.of(job.redact).active
}

/** The bytes with hidden values replaced; `undefined` if there are none. */
function redactBytes(
  { contentType, redact }: Pick<DecodeJob, 'contentType' | 'redact'>,
  bytes: Uint8Array,
  kind: BodyKind,
): Uint8Array | undefined {
  const redactor = Redactor.of(redact)
  if (kind === 'file' || kind === 'text' || !redactor.active) return undefined
  // In Latin-1 each byte is a character, and comes back as the same byte.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const redacted = redactText(text, kind, redactor, contentType ?? '')
  return redacted === text ? undefined : new Uint8Array(Buffer.from(redacted, 'latin1'))
}

function redactText(text: string, kind: BodyKind, redactor: Redactor, contentType: string): string {
  if (kind === 'form') return redactForm(text, redactor)
  if (kind !== 'multipart') return redactor.broken(text)
  return redactParts(text, redactor, headerParams(contentType).get('boundary') ?? '')
}

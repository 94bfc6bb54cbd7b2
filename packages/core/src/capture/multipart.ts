import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import formidable, { type Part, multipart } from 'formidable'
import type { BodyBytes } from './body-bytes.ts'
import type { DecodeLimits, Decoded, RedactRules } from './decoded.ts'
import { FormParts } from './form-parts.ts'
import { headerParams } from './header-params.ts'
import { type PartSpan, scanParts } from './multipart-scan.ts'
import { rawForm } from './raw-body.ts'
import { Redactor } from './redactor.ts'

/** What RFC 2046 allows, and some more that clients use; nothing that would need an escape. */
const BOUNDARY = /^[ !#-[\]-~]{0,69}[!#-[\]-~]$/

/** Beyond this, the content of a part is not given to the parser, which makes an event of each CR. */
const LARGE_CONTENT = 16 * 1024

/**
 * Decodes a `multipart/form-data` body. Files are ranges of `body`. A body that is cut off, or that
 * is not understood in one way only, is given as it came, with `error`. Rejects only where the body
 * cannot be read.
 */
export async function decodeMultipart(
  body: BodyBytes,
  contentType: string,
  limits: DecodeLimits,
  redact: RedactRules,
): Promise<Decoded> {
  const raw = (error: string) =>
    rawForm({ contentType, truncated: false, limits, redact }, body, error)
  const boundary = headerParams(contentType).get('boundary') ?? ''
  if (!BOUNDARY.test(boundary)) return raw('The form has no boundary that can be used.')

  const scan = scanParts(body, boundary, 4 * (limits.fields + limits.files))
  if ('error' in scan) return raw(scan.error)
  const read = await readParts(body, boundary, scan.parts)
  if (!read) return raw('The form is not valid multipart.')

  const form = new FormParts(body, limits, Redactor.of(redact))
  scan.parts.forEach((span, index) => form.add(read[index]?.headers ?? {}, span))
  return {
    kind: 'fields',
    entries: form.entries(),
    form: true,
    truncated: form.truncated || scan.hasMore,
  }
}

interface ReadPart {
  readonly headers: Readonly<Record<string, string>>
  /** Bytes of content that the parser gave; `undefined` if it undid a transfer encoding. */
  size: number | undefined
}

/** Reads the parts with formidable; `undefined` if it sees other parts than were found. */
async function readParts(
  body: BodyBytes,
  boundary: string,
  spans: readonly PartSpan[],
): Promise<readonly ReadPart[] | undefined> {
  const form = formidable({ enabledPlugins: [multipart] })
  const parts: ReadPart[] = []
  form.onPart = (part) => {
    // The parser keeps the headers on the part, which its types do not say.
    const { headers } = part as Part & Pick<ReadPart, 'headers'>
    const coded = headers['content-transfer-encoding']?.toLowerCase() === 'base64'
    const read: ReadPart = { headers, size: coded ? undefined : 0 }
    parts.push(read)
    part.on('data', (data: Buffer) => {
      if (read.size !== undefined) read.size += data.length
    })
  }
  try {
    await form.parse(requestOf(body, boundary, spans))
  } catch {
    return undefined
  }
  const agrees = spans.every((span, index) => {
    const size = parts[index]?.size
    return index < parts.length && (size === undefined || size === givenSize(span))
  })
  return agrees && parts.length === spans.length ? parts : undefined
}

/** A request with the parts as its body, as far as formidable looks at one. */
function requestOf(body: BodyBytes, boundary: string, spans: readonly PartSpan[]): IncomingMessage {
  const end = Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1')
  const length = spans.reduce((sum, span) => sum + givenEnd(span) - span.start, end.length)
  const headers = {
    'content-type': `multipart/form-data; boundary="${boundary}"`,
    'content-length': String(length),
  }
  // One at a time: together, the parts may take much more memory than the parser needs.
  function* chunks() {
    for (const span of spans) yield body.subarray(span.start, givenEnd(span))
    yield end
  }
  return Object.assign(Readable.from(chunks()), { headers }) as unknown as IncomingMessage
}

function givenEnd(span: PartSpan): number {
  return span.from + givenSize(span)
}

function givenSize({ from, to }: PartSpan): number {
  return to - from > LARGE_CONTENT ? 0 : to - from
}

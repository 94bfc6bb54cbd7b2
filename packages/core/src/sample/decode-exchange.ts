import type { Decoded, DecodeLimits, RedactRules } from '../capture/decoded.ts'
import type { Decoder } from '../capture/decoder.ts'
import type { AnswerFacts, Exchange } from '../capture/exchange.ts'
import type { KeptBody } from '../capture/left-body.ts'
import type { Recorder } from '../capture/recorder.ts'
import { REDACTED } from '../capture/redact-rules.ts'
import { Redactor } from '../capture/redactor.ts'
import { memorySource, rangeSource, SourceFile } from '../store/byte-source.ts'
import { type Body, FieldsBody, NO_BODY, bodyOf } from './body.ts'
import type { PartSource, Slot } from './slot.ts'

/** What decoding an exchange needs beside it. */
export interface DecodeContext {
  readonly decoder: Decoder
  readonly redact: RedactRules
  readonly limits: DecodeLimits
  /** Told when a body was read before the tap was set and nothing was left of it. */
  readonly bodyGone: (exchange: Exchange) => void
}

/** Everything that an exchange says, decoded and redacted. */
export interface Parts {
  readonly params: ReadonlyMap<string, Slot>
  readonly query: ReadonlyMap<string, Slot>
  readonly request: Body
  readonly response: Body
  readonly responseType: string | undefined
  readonly truncated: boolean
}

/** Decodes an ended exchange: at once where its bodies are small, else by way of the worker. */
export function decodeExchange(exchange: Exchange, context: DecodeContext): Parts | Promise<Parts> {
  const facts = exchange.answer as AnswerFacts
  const request = exchange.missedRequest
    ? leftRequest(exchange, context)
    : decodeRecorded(
        exchange.request,
        { type: facts.requestType, encoding: facts.requestEncoding },
        context,
      )
  const responseType = facts.responseHeader('content-type')
  const response = hasNoBody(exchange.facts.method, facts.status)
    ? NO_BODY
    : decodeRecorded(
        exchange.response,
        { type: responseType, encoding: facts.responseHeader('content-encoding') },
        context,
      )
  const parts = (req: Body, res: Body): Parts => ({
    params: urlSlots(Object.entries(facts.params), context.redact, context.limits.fields),
    query: querySlots(exchange.facts.url, context),
    request: req,
    response: res,
    responseType,
    truncated: exchange.truncated || req.truncated || res.truncated,
  })
  if (!(request instanceof Promise) && !(response instanceof Promise)) {
    return parts(request, response)
  }
  return Promise.all([request, response]).then(([req, res]) => parts(req, res))
}

function hasNoBody(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304
}

interface MediaType {
  readonly type: string | undefined
  readonly encoding: string | undefined
}

/** Decodes what a recorder kept. */
export function decodeRecorded(
  recorder: Recorder | undefined,
  media: MediaType,
  context: Omit<DecodeContext, 'bodyGone'>,
): Body | Promise<Body> {
  if (recorder === undefined || (recorder.size === 0 && !recorder.truncated)) return NO_BODY
  const inMemory = recorder.contentNow()
  if (inMemory) return decodeBytes(recorder, media, context, inMemory)
  return recorder.content().then((content) => {
    if (content instanceof Uint8Array) return decodeBytes(recorder, media, context, content)
    const { file, size } = content
    const source: PartSource = (part) => rangeSource(file, part.offset, part.size)
    const job = jobOf(recorder, media, context, { fd: file.fd, size })
    return toBody(context.decoder.decode(job), source)
  })
}

function decodeBytes(
  recorder: Recorder,
  media: MediaType,
  context: Omit<DecodeContext, 'bodyGone'>,
  bytes: Uint8Array,
): Body | Promise<Body> {
  const source: PartSource = (part) =>
    memorySource(bytes.subarray(part.offset, part.offset + part.size))
  return toBody(context.decoder.decode(jobOf(recorder, media, context, bytes)), source)
}

function jobOf(
  recorder: Recorder,
  { type, encoding }: MediaType,
  { redact, limits }: Omit<DecodeContext, 'bodyGone'>,
  source: Uint8Array | { fd: number; size: number },
): Parameters<Decoder['decode']>[0] {
  return {
    source,
    contentType: type,
    ...(encoding === undefined ? {} : { contentEncoding: encoding }),
    truncated: recorder.truncated,
    redact,
    limits,
  }
}

function toBody(decoded: Decoded | Promise<Decoded>, source: PartSource): Body | Promise<Body> {
  return decoded instanceof Promise
    ? decoded.then((ready) => bodyOf(ready, source))
    : bodyOf(decoded, source)
}

/** What an earlier middleware left of a body that it had read before us. */
async function leftRequest(exchange: Exchange, context: DecodeContext): Promise<Body> {
  const left = await exchange.left
  if (!left || (!left.body && left.files.length === 0)) {
    context.bodyGone(exchange)
    return NO_BODY
  }
  return leftBody(left, exchange.answer?.requestType, context)
}

/** A body that somebody else has parsed, or kept, as one of ours. */
export async function leftBody(
  left: KeptBody,
  contentType: string | undefined,
  context: Omit<DecodeContext, 'bodyGone'>,
): Promise<Body> {
  const type = left.isValue ? 'application/json' : contentType
  // What middlewares keep of a body has its content coding undone already.
  const decoded = await decodeRecorded(left.body, { type, encoding: undefined }, context)
  if (left.files.length === 0 && !left.form) return decoded
  const fields = new Map<string, Slot>()
  for (const [name, slot] of decoded.fields ?? []) {
    fields.set(name, left.form && slot.json === undefined ? { ...slot, spelled: true } : slot)
  }
  const files = new Map<string, SourceFile[]>()
  for (const { field, name, type: fileType, recorder } of left.files) {
    const content = await recorder.content()
    const source =
      content instanceof Uint8Array
        ? memorySource(content)
        : rangeSource(content.file, 0, content.size)
    const file = new SourceFile(name, fileType, source)
    files.set(field, [...(files.get(field) ?? []), file])
  }
  for (const [field, list] of files) {
    fields.set(field, { value: list.length === 1 ? (list[0] as SourceFile) : list })
  }
  const truncated = decoded.truncated || left.files.some(({ recorder }) => recorder.truncated)
  return new FieldsBody(fields, truncated, decoded.error)
}

function querySlots(url: string, { redact, limits }: DecodeContext): ReadonlyMap<string, Slot> {
  const at = url.indexOf('?')
  if (at === -1) return NONE
  return urlSlots(new URLSearchParams(url.slice(at + 1)), redact, limits.fields)
}

const NONE: ReadonlyMap<string, Slot> = new Map()

function urlSlots(
  pairs: Iterable<readonly [string, unknown]>,
  redact: RedactRules,
  limit: number,
): ReadonlyMap<string, Slot> {
  const values = new Map<string, string | string[]>()
  let count = 0
  for (const [name, value] of pairs) {
    if (value === undefined) continue
    if (++count > limit) break
    // A wildcard of Express 5 holds its segments as a list.
    const text = Array.isArray(value) ? value.join('/') : `${value as string}`
    const before = values.get(name)
    values.set(name, before === undefined ? text : [before, text].flat())
  }
  if (values.size === 0) return NONE
  const redactor = Redactor.of(redact)
  const slots = new Map<string, Slot>()
  for (const [name, value] of values) {
    slots.set(name, redactor.hidesField(name) ? { value: REDACTED } : { value, spelled: true })
  }
  return slots
}

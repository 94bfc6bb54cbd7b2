import type { DecodeJob, Decoded, DecodeLimits, RedactRules } from '../capture/decoded.ts'
import { SHARES_DESCRIPTORS } from '../capture/decode-thread.ts'
import type { Decoder } from '../capture/decoder.ts'
import type { AnswerFacts, Exchange } from '../capture/exchange.ts'
import type { KeptBody } from '../capture/left-body.ts'
import type { Recorder } from '../capture/recorder.ts'
import { bytesOf, memorySource, rangeSource } from '../store/byte-source.ts'
import { type Body, NO_BODY, bodyOf } from './body.ts'
import { leftForm } from './left-form.ts'
import type { PartSource, Slot } from './slot.ts'
import { paramSlots, querySlots } from './url-slots.ts'

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
  const unfinished = exchange.endedAs !== 'complete'
  const request = exchange.missedRequest
    ? leftRequest(exchange, context)
    : decodeRecorded(
        exchange.request,
        {
          type: facts.requestType,
          encoding: facts.requestEncoding,
          unfinished: unfinished || !exchange.isRequestWhole,
        },
        context,
      )
  const response = hasNoBody(exchange.facts.method, facts.status)
    ? NO_BODY
    : decodeRecorded(
        exchange.response,
        { type: facts.responseType, encoding: facts.responseEncoding, unfinished },
        context,
      )
  if (!(request instanceof Promise) && !(response instanceof Promise)) {
    return partsOf(exchange, context, request, response)
  }
  return Promise.all([request, response]).then(([req, res]) => partsOf(exchange, context, req, res))
}

function partsOf(
  exchange: Exchange,
  { redact, limits }: DecodeContext,
  request: Body,
  response: Body,
): Parts {
  const { params, responseType } = exchange.answer as AnswerFacts
  const query = querySlots(exchange.facts.url, redact, limits.fields)
  return {
    params: paramSlots(params, redact, limits.fields).slots,
    query: query.slots,
    request,
    response,
    responseType,
    truncated: exchange.truncated || query.truncated || request.truncated || response.truncated,
  }
}

function hasNoBody(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304
}

interface MediaType {
  readonly type: string | undefined
  readonly encoding: string | undefined
  /** Whether the exchange broke off, so that the body may end anywhere. */
  readonly unfinished?: boolean
}

/** Decodes what a recorder kept. */
export function decodeRecorded(
  recorder: Recorder | undefined,
  media: MediaType,
  context: Omit<DecodeContext, 'bodyGone'>,
): Body | Promise<Body> {
  if (recorder === undefined || (recorder.size === 0 && !recorder.truncated)) return NO_BODY
  const text = recorder.textNow()
  if (text !== undefined) {
    const decoded = context.decoder.decodeText(termsOf(recorder, media, context), text)
    if (decoded) return bodyOf(decoded, noParts)
  }
  const inMemory = recorder.contentNow()
  if (inMemory) return decodeBytes(recorder, media, context, inMemory)
  return recorder.content().then(async (content) => {
    if (content instanceof Uint8Array) return decodeBytes(recorder, media, context, content)
    const { file, size } = content
    if (!SHARES_DESCRIPTORS) {
      const bytes = await bytesOf(rangeSource(file, 0, size))
      return decodeBytes(recorder, media, context, bytes)
    }
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

/** A text holds no files. */
const noParts: PartSource = () => memorySource(new Uint8Array())

function jobOf(
  recorder: Recorder,
  media: MediaType,
  context: Omit<DecodeContext, 'bodyGone'>,
  source: DecodeJob['source'],
): DecodeJob {
  return { ...termsOf(recorder, media, context), source }
}

function termsOf(
  { truncated }: Recorder,
  { type, encoding, unfinished = false }: MediaType,
  { redact, limits }: Omit<DecodeContext, 'bodyGone'>,
): Omit<DecodeJob, 'source'> {
  return {
    contentType: type,
    contentEncoding: encoding,
    truncated,
    unfinished,
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
  return leftForm(left, decoded, context)
}

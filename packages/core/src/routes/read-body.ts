import type { Decoder } from '../capture/decoder.ts'
import type { DecodeLimits, RedactRules } from '../capture/decoded.ts'
import { keepLeftBody } from '../capture/left-body.ts'
import { Recorder, type RecorderContext } from '../capture/recorder.ts'
import { FlaggingError } from '../errors.ts'
import { type Body, NO_BODY } from '../sample/body.ts'
import { decodeRecorded, leftBody } from '../sample/decode-exchange.ts'
import { nodeFileSystem } from '../store/node-file-system.ts'
import type { RouteRequest } from './route-request.ts'

/** What reading a body needs beside the request. */
export interface ReadContext {
  readonly recorder: RecorderContext
  readonly decoder: Decoder
  readonly limits: DecodeLimits
}

/** Posted values are redacted later, when it is known which component they belong to. */
const NO_RULES: RedactRules = { names: [], extra: [], exempt: [] }

/** A decoded body, whose files can be read until everybody who holds it has released it. */
export interface ReadBody {
  readonly body: Body
  /** What it holds, undecoded. */
  readonly bytes: number
  readonly retain: () => void
  readonly release: () => void
}

/**
 * Reads the JSON or multipart body of a request to the flag route.
 * @param maxBytes what it may have
 * @throws FlaggingError `ERR_FLAGGING_UNSUPPORTED_MEDIA_TYPE`, `ERR_FLAGGING_TOO_LARGE` or
 * `ERR_FLAGGING_BAD_REQUEST`
 */
export async function readBody(
  request: RouteRequest,
  context: ReadContext,
  maxBytes: number,
  allowMultipart: boolean,
): Promise<ReadBody> {
  const given = await request.body()
  const type = request.header('content-type')
  const decode = { decoder: context.decoder, redact: NO_RULES, limits: context.limits }
  const isEmpty = type === undefined && !(Number(request.header('content-length') ?? 0) > 0)
  if (given.kind === 'none' || (isEmpty && request.header('transfer-encoding') === undefined)) {
    throw bad('The body is missing: send JSON.')
  }
  if (given.kind === 'left') {
    const kept = await keepLeftBody(given.left, context.recorder, nodeFileSystem)
    const recorders = [kept.body, ...kept.files.map((file) => file.recorder)]
    const release = () => recorders.forEach((recorder) => recorder?.release())
    const bytes = recorders.reduce((sum, recorder) => sum + (recorder?.size ?? 0), 0)
    return checked(await leftBody(kept, type, decode), bytes, release)
  }
  const isJSON = type !== undefined && /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)
  const isMultipart = type !== undefined && /^multipart\/form-data\s*;/i.test(type)
  if (!isJSON && !(isMultipart && allowMultipart)) {
    given.discard()
    throw new FlaggingError(
      'ERR_FLAGGING_UNSUPPORTED_MEDIA_TYPE',
      `Send application/json${allowMultipart ? ' or multipart/form-data' : ''}.`,
    )
  }
  const recorder = new Recorder({ ...context.recorder, bodyBytes: maxBytes })
  const release = () => recorder.release()
  try {
    if (Number(request.header('content-length')) > maxBytes) throw tooLarge(maxBytes)
    await record(given.chunks(), recorder, maxBytes)
    const encoding = request.header('content-encoding')
    return checked(
      await decodeRecorded(recorder, { type, encoding }, decode),
      recorder.size,
      release,
    )
  } catch (error) {
    given.discard()
    release()
    throw error
  }
}

async function record(
  chunks: AsyncIterable<Uint8Array>,
  recorder: Recorder,
  maxBytes: number,
): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]()
  for (;;) {
    const next = await iterator.next().catch(() => {
      throw bad('The body broke off.')
    })
    if (next.done === true) return
    recorder.add(next.value)
    if (recorder.truncated && recorder.size >= maxBytes) throw tooLarge(maxBytes)
    if (recorder.truncated) {
      throw new FlaggingError('ERR_FLAGGING_QUEUE_FULL', 'Too much waits to be stored.')
    }
  }
}

function checked(body: Body, bytes: number, release: () => void): ReadBody {
  if (body.fields && body.error === undefined && !body.truncated) {
    let holders = 1
    return {
      body,
      bytes,
      retain: () => void holders++,
      release: () => {
        if (--holders <= 0) release()
      },
    }
  }
  release()
  if (body.truncated) throw bad('The body has more fields or files than are taken.')
  throw bad(
    body === NO_BODY || body.isEmpty
      ? 'The body is empty: send a JSON object.'
      : 'The body must be a JSON object or a form.',
  )
}

function bad(message: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_BAD_REQUEST', message)
}

function tooLarge(maxBytes: number): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_TOO_LARGE', `The body may have ${maxBytes} bytes.`)
}

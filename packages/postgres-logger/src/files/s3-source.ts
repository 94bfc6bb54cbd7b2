import type { Readable } from 'node:stream'
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3'
import type { ByteSource } from '@flagging/core/store'
import { OF_FILE, PASSING, fileError } from './file-fault.ts'
import type { S3Calls } from './s3-calls.ts'
import { isGone, plainError, s3Error, s3Status } from './s3-error.ts'

/** An object of a bucket, and how long its server may be silent. */
export interface S3Object {
  readonly calls: S3Calls
  readonly bucket: string
  readonly key: string
  /** As many bytes as were stored. */
  readonly size: number
  readonly timeoutMs: number
}

/** The bytes of an object, asked for on each read; whoever reads no further ends the request. */
export function s3Source(object: S3Object, offset = 0, size: number = object.size): ByteSource {
  return {
    size,
    chunks: () => read(object, offset, size),
    part: (from, length) => s3Source(object, offset + from, length),
  }
}

async function* read(
  object: S3Object,
  offset: number,
  size: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  // Of an empty object, all is asked for: somebody must say whether it is there.
  if (size === 0 && object.size > 0) return
  const call = object.calls.begin()
  let body: Readable | undefined
  try {
    const answer = await ask(object, offset, size, call.signal)
    body = answer.Body as Readable
    body.on('error', () => undefined)
    mustBeAsked(object, answer, offset, size)
    let read = 0
    for await (const chunk of loudly(body, object, call)) {
      read += chunk.length
      yield chunk
    }
    if (read !== size) throw cutOff(object, read, size)
  } catch (error) {
    throw s3Error(object.calls.why(error), object.bucket, `${object.key} could not be read`)
  } finally {
    object.calls.end(call)
    body?.destroy()
  }
}

async function ask(
  { calls, bucket, key, size: whole }: S3Object,
  offset: number,
  size: number,
  abortSignal: AbortSignal,
): Promise<GetObjectCommandOutput> {
  const range = size === whole ? {} : { Range: `bytes=${offset}-${offset + size - 1}` }
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, ...range })
    return await calls.client.send(command, { abortSignal })
  } catch (error) {
    if (s3Status(error) === 416) throw changed(key, plainError(error))
    if (!isGone(error)) throw error
    const message = `${key} is gone from the bucket ${JSON.stringify(bucket)}`
    throw fileError(OF_FILE, message, plainError(error))
  }
}

/** Rejects an answer with other bytes than those that were asked for. */
function mustBeAsked(
  { key, size: whole }: S3Object,
  { ContentLength, ContentRange }: GetObjectCommandOutput,
  offset: number,
  size: number,
): void {
  const isAsked =
    size === whole
      ? ContentLength === size
      : ContentRange?.trim() === `bytes ${offset}-${offset + size - 1}/${whole}`
  if (!isAsked) throw changed(key)
}

/** The chunks of a body; a server that gives none for too long is asked no more. */
async function* loudly(
  body: Readable,
  { key, timeoutMs }: S3Object,
  call: AbortController,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  for (;;) {
    let isSilent = false
    const timer = setTimeout(() => {
      isSilent = true
      call.abort()
      body.destroy()
    }, timeoutMs)
    try {
      const { done, value } = await chunks.next()
      if (isSilent) throw silent(key, timeoutMs)
      if (done === true) return
      clearTimeout(timer)
      yield value
    } catch (error) {
      throw isSilent ? silent(key, timeoutMs) : error
    } finally {
      clearTimeout(timer)
    }
  }
}

function silent(key: string, ms: number): Error {
  return fileError(PASSING, `${key} could not be read: the server gave nothing for ${ms} ms`)
}

function cutOff({ key }: S3Object, read: number, size: number): Error {
  return fileError(PASSING, `${key} was cut off: ${read} of ${size} bytes came`)
}

function changed(key: string, cause?: unknown): Error {
  const message = `${key} is not as long as the file that was stored, or its server gives no parts`
  return fileError(OF_FILE, message, cause)
}

import { Readable } from 'node:stream'
import {
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  type ServerSideEncryption,
  type StorageClass,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import type { FlaggedFile } from '@flagging/core'
import { servedTypeOf } from '@flagging/core/store'
import { FileContent } from './file-content.ts'
import type { StoredFacts } from './file-store.ts'
import { signWith } from './s3-headers.ts'
import type { S3Settings } from './s3-options.ts'

/** What is sent as one request at most, held in memory for it; the least that S3 takes as a part. */
export const PART_BYTES: number = 5 * 1024 * 1024
const MAX_PARTS = 10_000
const AT_ONCE = 2
const OCTETS = 'application/octet-stream'

/** About as much memory as sending a file takes, in bytes. */
export function memoryOf(size: number): number {
  // The parts on their way, the one that is gathered, and the copy that is made of it.
  return size <= PART_BYTES ? size : (AT_ONCE + 2) * partBytes(size)
}

function partBytes(size: number): number {
  return Math.max(PART_BYTES, Math.ceil(size / MAX_PARTS))
}

/**
 * Sends a file that fits into one request. The request carries its SHA-256, which the server compares
 * with what arrives; nothing is seen of a body that does not arrive whole.
 */
export async function sendWhole(
  client: S3Client,
  settings: S3Settings,
  key: string,
  file: FlaggedFile,
  abortSignal: AbortSignal,
): Promise<StoredFacts> {
  const content = new FileContent(file)
  const body = Buffer.allocUnsafeSlow(file.size)
  let size = 0
  for await (const chunk of content.chunks()) {
    body.set(chunk, size)
    size += chunk.length
  }
  const facts = content.facts
  const sum = Buffer.from(facts.sha256, 'hex').toString('base64')
  const command = new PutObjectCommand({
    ...paramsOf(settings, key, file, facts),
    Body: body,
    ContentLength: size,
    ...((await wantsChecksums(client)) && { ChecksumSHA256: sum }),
  })
  signWith(command, facts.sha256)
  await client.send(command, { abortSignal })
  return facts
}

/**
 * Sends a file in parts, a few of them in memory at a time; each is signed with its SHA-256, and the
 * object is seen when the last has arrived. What a process leaves behind that dies meanwhile is seen by
 * nobody, but costs space until the bucket's lifecycle rule for unfinished uploads takes it away.
 */
export async function sendParts(
  client: S3Client,
  settings: S3Settings,
  key: string,
  file: FlaggedFile,
  call: AbortController,
): Promise<StoredFacts> {
  // Its hash is said with the first part.
  const facts = await factsOf(file, call.signal)
  const content = new FileContent(file, facts.sha256)
  const body = Readable.from(copiesOf(content.chunks()), { highWaterMark: 1 })
  const failures: unknown[] = []
  const upload = new Upload({
    client: watched(client, call.signal, failures),
    params: { ...paramsOf(settings, key, file, facts), Body: body, ContentLength: file.size },
    partSize: partBytes(file.size),
    queueSize: AT_ONCE,
    abortController: call,
  })
  try {
    await upload.done()
  } catch (error) {
    // What went wrong first, rather than the clearing up behind it.
    throw content.failure ?? failures[0] ?? error
  } finally {
    body.destroy()
  }
  return facts
}

/** Chunks that hold their bytes for good. */
async function* copiesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Uint8Array.from(chunk)
}

async function factsOf(file: FlaggedFile, signal: AbortSignal): Promise<StoredFacts> {
  const content = new FileContent(file)
  for await (const chunk of content.chunks()) if (chunk.length > 0) signal.throwIfAborted()
  return content.facts
}

/** The client with a signal on each request, which an upload gives none; and with what they fail of. */
function watched(client: S3Client, abortSignal: AbortSignal, failures: unknown[]): S3Client {
  const send = async (command: Parameters<S3Client['send']>[0]): Promise<unknown> => {
    try {
      return await client.send(command, { abortSignal })
    } catch (error) {
      failures.push(error)
      throw error
    }
  }
  return Object.create(client, { send: { value: send } }) as S3Client
}

/** Whether the server is one that knows more than what S3 began with. */
async function wantsChecksums(client: S3Client): Promise<boolean> {
  return (await client.config.requestChecksumCalculation()) === 'WHEN_SUPPORTED'
}

/** An object is some client's bytes: whoever opens it where it lies must not run it. */
function paramsOf(
  { bucket, prefix, storageClass, serverSideEncryption, kmsKeyId }: S3Settings,
  key: string,
  file: FlaggedFile,
  { sha256 }: StoredFacts,
): PutObjectCommandInput {
  const type = servedTypeOf(file.type)
  return {
    Bucket: bucket,
    Key: `${prefix}${key}`,
    ContentType: type,
    ...(type === OCTETS && { ContentDisposition: 'attachment' }),
    Metadata: { sha256 },
    ...(storageClass !== undefined && { StorageClass: storageClass as StorageClass }),
    ...(serverSideEncryption !== undefined && {
      ServerSideEncryption: serverSideEncryption as ServerSideEncryption,
    }),
    ...(kmsKeyId !== undefined && { SSEKMSKeyId: kmsKeyId }),
  }
}

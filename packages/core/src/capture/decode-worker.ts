import { parentPort } from 'node:worker_threads'
import { decode, decodeForm } from './decode.ts'
import type { DecodeJob, Decoded, FilePart } from './decoded.ts'
import { FileBytes } from './file-bytes.ts'
import { isMultipart } from './media-type.ts'
import { rawBody, rawForm } from './raw-body.ts'
// Loaded before the thread is ready, so that no body pays for it with its time.
import './multipart.ts'

/** What the thread is asked for. */
export interface DecodeRequest {
  readonly job: DecodeJob
  /** Set if decoding has failed for this reason: then the body is only redacted as it came. */
  readonly failure: string | undefined
}

/** What the thread says: that it is there, then one reply to each request. */
export type DecodeReply = 'ready' | { readonly decoded: Decoded } | { readonly failure: string }

const port = parentPort

port?.on('message', (request: DecodeRequest) => void reply(request))
port?.postMessage('ready' satisfies DecodeReply)

async function reply(request: DecodeRequest): Promise<void> {
  try {
    const decoded = await decodedOf(request)
    port?.postMessage({ decoded } satisfies DecodeReply, buffersOf(decoded))
  } catch {
    // What was thrown may quote the body.
    port?.postMessage({ failure: 'The body could not be decoded.' } satisfies DecodeReply)
  }
}

function decodedOf({ job, failure }: DecodeRequest): Decoded | Promise<Decoded> {
  const { source, contentType, contentEncoding } = job
  if (source instanceof Uint8Array) return decodedBytes(job, source, failure)
  const body = new FileBytes(source.fd, source.size, window)
  body.check()
  // Large forms are mostly files, and those are ranges of what was recorded: they stay where they are.
  if (isMultipart(contentType) && source.size > 0) {
    if (failure !== undefined) return rawForm(job, body, failure)
    if (contentEncoding === undefined) return decodeForm(job, body)
  }
  return decodedBytes(job, body.subarray(0, source.size), failure)
}

function decodedBytes(
  job: DecodeJob,
  bytes: Uint8Array,
  failure: string | undefined,
): Decoded | Promise<Decoded> {
  return failure === undefined ? decode(job, bytes) : rawBody(job, bytes, failure)
}

/** What files are read through, one at a time. */
const window = Buffer.allocUnsafeSlow(256 * 1024)

/** What can move to the other thread instead of being copied: buffers that files have for themselves. */
function buffersOf({ datum, entries = [] }: Decoded): ArrayBuffer[] {
  const data = [...entries.map(([, one]) => one), ...(datum ? [datum] : [])]
  const files = data.flatMap((one): readonly FilePart[] => {
    if ('file' in one) return [one.file]
    return 'files' in one ? one.files : []
  })
  const buffers = files.flatMap(({ bytes }) => {
    const own = bytes?.buffer instanceof ArrayBuffer && bytes.buffer.byteLength === bytes.byteLength
    return own ? [bytes.buffer] : []
  })
  return [...new Set(buffers)] as ArrayBuffer[]
}

import { readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { decode } from './decode.ts'
import type { DecodeJob, Decoded, FilePart } from './decoded.ts'
import { rawBody } from './raw-body.ts'
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

async function reply({ job, failure }: DecodeRequest): Promise<void> {
  try {
    const bytes = readSource(job.source)
    const decoded = failure === undefined ? await decode(job, bytes) : rawBody(job, bytes, failure)
    port?.postMessage({ decoded } satisfies DecodeReply, buffersOf(decoded))
  } catch {
    // What was thrown may quote the body.
    port?.postMessage({ failure: 'The body could not be decoded.' } satisfies DecodeReply)
  }
}

function readSource(source: DecodeJob['source']): Uint8Array {
  if (source instanceof Uint8Array) return source
  const bytes = new Uint8Array(source.size)
  let done = 0
  while (done < source.size) {
    const read = readSync(source.fd, bytes, done, source.size - done, done)
    if (read === 0) throw new Error('The recorded body is shorter than it was.')
    done += read
  }
  return bytes
}

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

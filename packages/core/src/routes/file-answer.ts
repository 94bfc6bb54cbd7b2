import { FlaggingError } from '../errors.ts'
import type { FlaggedFile } from '../sample/flag-value.ts'
import { type ByteSource, SourceFile } from '../store/byte-source.ts'
import { isInert, servedTypeOf } from '../store/file-kind.ts'
import { handedOutName } from '../store/file-name.ts'
import { problem } from './answers.ts'
import { type AskedRange, askedRange } from './byte-range.ts'
import { contentDisposition } from './content-disposition.ts'
import type { RouteAnswer, RouteRequest } from './route-request.ts'

/** A stored file is some client's bytes that meet a user of the host's: nothing in it may run. */
const INERT = {
  'Content-Security-Policy': "default-src 'none'; sandbox",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  // Nor may anybody between compress or convert it, for ranges count its own bytes.
  'Cache-Control': 'private, no-store, no-transform',
}

/**
 * The answer with a stored file: images, audio and video inline, all else as a download of an unknown
 * type, under the name of its place in the dataset. A GET may ask for one range of bytes, which is
 * read from where it starts; that is how players seek. The file is opened when the first byte is
 * asked for, and closed when the last one was read or the body is cancelled; a body whose file has
 * gone or shrunk by then fails.
 */
export function fileAnswer(
  file: FlaggedFile,
  { method, header }: Pick<RouteRequest, 'method' | 'header'>,
): RouteAnswer {
  const { type, size } = file
  const source = file instanceof SourceFile ? file.source : undefined
  const storedAs = file instanceof SourceFile ? file.storedAs : undefined
  const headers = {
    ...INERT,
    'Content-Type': servedTypeOf(type),
    'Content-Length': String(size),
    'Content-Disposition': contentDisposition(
      isInert(type) ? 'inline' : 'attachment',
      handedOutName(storedAs, type),
    ),
    'Accept-Ranges': source?.part ? 'bytes' : 'none',
  }
  const range = source?.part && method === 'GET' ? rangeOf(header, size) : 'whole'
  if (range === 'unsatisfiable') return unsatisfiable(size)
  if (range === 'whole') return { status: 200, headers, body: file.stream() }
  const part = source?.part?.(range.offset, range.size) as ByteSource
  return {
    status: 206,
    headers: {
      ...headers,
      'Content-Length': String(range.size),
      'Content-Range': `bytes ${range.offset}-${range.offset + range.size - 1}/${size}`,
    },
    body: new SourceFile(undefined, type, part).stream(),
  }
}

function rangeOf(header: RouteRequest['header'], size: number): AskedRange {
  // The file has no validator, so it is never known to be the one that the client has begun with.
  return header('if-range') === undefined ? askedRange(header('range'), size) : 'whole'
}

function unsatisfiable(size: number): RouteAnswer {
  const error = new FlaggingError('ERR_FLAGGING_RANGE', `The file has ${size} bytes.`)
  return problem(error, { ...INERT, 'Content-Range': `bytes */${size}`, 'Accept-Ranges': 'bytes' })
}

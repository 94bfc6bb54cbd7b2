import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'

/** A body without its content codings. */
export interface Uncoded {
  readonly bytes: Uint8Array
  /** Whether anything was undone; otherwise `bytes` are the bytes given. */
  readonly undone: boolean
  /** Whether the coded bytes ended early: `bytes` are what could be read of them. */
  readonly truncated: boolean
  /** Why the body stays coded, in words; `bytes` are then the bytes given. */
  readonly error?: string
}

type Coding = 'gzip' | 'zlib' | 'deflate' | 'br' | 'zstd'

const MOST_LAYERS = 3

/**
 * Undoes the content codings of a body. The header says how many there may be; whether and which
 * there are is seen from the bytes, since a body may be recorded before it is compressed.
 * @param limit bytes that come out at most; a larger body stays coded
 * @param contentEncoding the Content-Encoding header; without one, nothing is undone
 */
export function undoContentCoding(
  bytes: Uint8Array,
  limit: number,
  contentEncoding: string | undefined,
): Uncoded {
  const plain = { bytes, undone: false, truncated: false }
  const named = codingsOf(contentEncoding)
  if (named.length > MOST_LAYERS) {
    return { ...plain, error: `The body has more than ${MOST_LAYERS} content codings.` }
  }
  let content = bytes
  let truncated = false
  for (const name of named) {
    const coding = recognise(content, name)
    if (coding === undefined) break
    const layer = undoLayer(content, coding, limit)
    if (layer === undefined) break
    if (typeof layer === 'string') return { ...plain, error: layer }
    content = layer.bytes
    truncated ||= layer.truncated
  }
  return { bytes: content, undone: content !== bytes, truncated }
}

/** The codings that a header names, the one applied last first. */
function codingsOf(header: string | undefined): string[] {
  if (header === undefined) return []
  const names = header.split(',', MOST_LAYERS * 3).map((name) => name.trim().toLowerCase())
  return names.filter((name) => name !== '' && name !== 'identity').reverse()
}

function recognise(bytes: Uint8Array, name: string): Coding | undefined {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes
  if (first === 0x1f && second === 0x8b) return 'gzip'
  if (first === 0x28 && second === 0xb5 && third === 0x2f && fourth === 0xfd) return 'zstd'
  // None of these is told by its first bytes alone, but compressed text never looks like text.
  const isNothing = name === 'br' && bytes.length === 1 && first === EMPTY_BROTLI
  if (looksLikeText(bytes) && !isNothing) return undefined
  const isZlib = (first & 0x0f) === 8 && first >> 4 <= 7 && ((first << 8) | second) % 31 === 0
  if (isZlib && bytes.length >= 2) return 'zlib'
  return name === 'br' || name === 'deflate' ? name : undefined
}

/** Brotli of no bytes, as it is usually written. */
const EMPTY_BROTLI = 0x3b

const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffd]/

function looksLikeText(bytes: Uint8Array): boolean {
  // `stream` leaves out a character that is cut in two at the end.
  return !CONTROL.test(new TextDecoder().decode(bytes.subarray(0, 4096), { stream: true }))
}

interface Layer {
  readonly bytes: Uint8Array
  readonly truncated: boolean
}

/** Words where the layer cannot be undone, `undefined` where it turns out to be none. */
function undoLayer(bytes: Uint8Array, coding: Coding, limit: number): Layer | string | undefined {
  if (coding === 'zstd') return 'The body is coded with zstd, which is not undone.'
  try {
    return { bytes: inflate(bytes, coding, limit, false), truncated: false }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') return 'The body is too large without its content coding.'
    if (code === 'Z_BUF_ERROR') return undoBeginning(bytes, coding, limit)
    return coding === 'gzip' ? 'The content coding of the body is broken.' : undefined
  }
}

function undoBeginning(bytes: Uint8Array, coding: Coding, limit: number): Layer | string {
  try {
    return { bytes: inflate(bytes, coding, limit, true), truncated: true }
  } catch {
    return 'The content coding of the body is cut off.'
  }
}

function inflate(bytes: Uint8Array, coding: Coding, limit: number, cut: boolean): Uint8Array {
  const bounds = { maxOutputLength: Math.max(1, Math.min(limit, LARGEST)) }
  if (coding === 'br') {
    const finishFlush = cut ? constants.BROTLI_OPERATION_FLUSH : constants.BROTLI_OPERATION_FINISH
    return brotliDecompressSync(bytes, { ...bounds, finishFlush })
  }
  const undo = coding === 'gzip' ? gunzipSync : coding === 'zlib' ? inflateSync : inflateRawSync
  return undo(bytes, { ...bounds, finishFlush: cut ? constants.Z_SYNC_FLUSH : constants.Z_FINISH })
}

/** What `zlib` takes as a bound. */
const LARGEST = 0x7fff_ffff

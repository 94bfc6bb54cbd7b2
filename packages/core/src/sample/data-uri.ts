import { SourceFile, memorySource } from '../store/byte-source.ts'

const DATA_URI = /^data:([^;,]*)((?:;[^;,]*)*?)(;base64)?,/i
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/**
 * The file that a `data:` URI (RFC 2397) holds, or `undefined` where the string is none, is broken,
 * or holds more than `maxBytes`.
 */
export function dataUriFile(text: string, maxBytes: number): SourceFile | undefined {
  const match = DATA_URI.exec(text)
  if (!match) return undefined
  const data = text.slice(match[0].length)
  const bytes = match[3] === undefined ? percentDecoded(data) : base64Decoded(data)
  if (bytes === undefined || bytes.length > maxBytes) return undefined
  return new SourceFile(undefined, match[1]?.toLowerCase() || 'text/plain', memorySource(bytes))
}

function base64Decoded(data: string): Buffer | undefined {
  return BASE64.test(data) ? Buffer.from(data, 'base64') : undefined
}

function percentDecoded(data: string): Buffer | undefined {
  try {
    return Buffer.from(decodeURIComponent(data))
  } catch {
    return undefined
  }
}

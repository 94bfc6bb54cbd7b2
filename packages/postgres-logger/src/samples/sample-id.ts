import { createHash, randomUUID } from 'node:crypto'

/**
 * The id of a sample: a UUID of the first 128 bits of a SHA-256.
 * @param folder the folder of its dataset
 * @param once what is the same for a retry of the same flag, and for nothing else; random without it
 */
export function sampleId(folder: string, once: string | undefined): string {
  if (once === undefined) return randomUUID()
  const digest = createHash('sha256').update(`${folder}\0${once}`).digest()
  return uuidOf(digest.subarray(0, 16))
}

/** A sample's id as the hash of a `RowKey`: 22 base64url characters. */
export function hashOfId(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')
}

/** The id behind the hash of a `RowKey`. */
export function idOfHash(hash: string): string {
  return uuidOf(Buffer.from(hash, 'base64url'))
}

/** 128 bits as a UUID. */
export function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
}

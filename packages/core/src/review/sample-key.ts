import { FlaggingError } from '../errors.ts'
import type { RowKey } from '../store/row-key.ts'

/** Which row of which dataset is meant. */
export interface SampleKey extends RowKey {
  /** The folder of the endpoint; the empty string for the flagged directory itself. */
  readonly folder: string
}

const KEY = /^([\w-]{1,2000})\.([\w-]{22})$/

/** A key as it stands in addresses. */
export function encodeKey({ folder, log, offset, hash }: SampleKey): string {
  return `${Buffer.from(JSON.stringify([folder, log, offset])).toString('base64url')}.${hash}`
}

/**
 * The key that stands in an address.
 * @throws FlaggingError `ERR_FLAGGING_NOT_FOUND` where there stands none
 */
export function decodeKey(text: string): SampleKey {
  const [, place = '', hash = ''] = KEY.exec(text) ?? []
  try {
    const parsed: unknown = JSON.parse(Buffer.from(place, 'base64url').toString())
    const [folder, log, offset] = Array.isArray(parsed) ? (parsed as unknown[]) : []
    const isKey =
      typeof folder === 'string' && typeof log === 'string' && Number.isSafeInteger(offset)
    if (isKey && (offset as number) >= 0) return { folder, log, offset: offset as number, hash }
  } catch {
    // Said below.
  }
  throw noSample()
}

/** What is said of samples that are not there, whatever the reason. */
export function noSample(): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_NOT_FOUND', 'There is no such sample.')
}

/**
 * The bytes of a recorded body, wherever they lie. A `Buffer` is one; of a large body, only what is
 * asked for is in memory.
 */
export interface BodyBytes {
  readonly length: number
  /** The byte at a place, which is not negative; `undefined` behind the end. */
  at(index: number): number | undefined
  /** Where the needle first starts at or behind `from`; -1 if it does not. It is not empty. */
  indexOf(needle: Uint8Array, from?: number): number
  /** The bytes from one place up to another, as far as there are any. They stay as they are. */
  subarray(from: number, to: number): Buffer
}

/** Bytes in memory as those of a body; nothing is copied. */
export function bodyBytes({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

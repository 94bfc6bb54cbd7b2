/** Bytes of a file, by their place in it. */
interface ByteRange {
  readonly offset: number
  readonly size: number
}

/** What a `Range` header asks for. */
export type AskedRange =
  | ByteRange
  /** All of it: nothing was asked for, or nothing that is answered with a part. */
  | 'whole'
  /** Bytes that the file does not have. */
  | 'unsatisfiable'

/**
 * What a `Range` header asks of a file (RFC 9110, section 14): one range of bytes, from its start or
 * from its end. What is malformed, in another unit or several ranges asks for the whole file, as a
 * server may read it.
 * @param header the field as it came
 * @param size the bytes that the file has
 */
export function askedRange(header: string | undefined, size: number): AskedRange {
  const [, list] = /^\s*bytes\s*=(.*)$/is.exec(header ?? '') ?? []
  const ranges = (list ?? '').split(',').filter((range) => range.trim() !== '')
  const [, first, last] = /^\s*(\d*)-(\d*)\s*$/.exec(ranges[0] ?? '') ?? []
  if (ranges.length !== 1 || first === undefined || last === undefined) return 'whole'
  if (first === '') return suffix(last, size)
  const offset = Number(first)
  const end = last === '' ? size : Math.min(Number(last) + 1, size)
  if (last !== '' && Number(last) < offset) return 'whole'
  return offset < size ? { offset, size: end - offset } : 'unsatisfiable'
}

function suffix(length: string, size: number): AskedRange {
  if (length === '') return 'whole'
  if (Number(length) === 0) return 'unsatisfiable'
  // There is no way to say which part of nothing it is.
  if (Number(length) >= size) return size === 0 ? 'whole' : { offset: 0, size }
  return { offset: size - Number(length), size: Number(length) }
}

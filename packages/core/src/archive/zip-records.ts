/** The largest number of each width, which says that the true one stands in a Zip64 field. */
const MAX_16 = 0xffff
const MAX_32 = 0xffffffff

const STORED_VERSION = 20
const ZIP64_VERSION = 45
const MADE_ON_UNIX = 3 << 8
const UTF8_NAMES = 1 << 11
/** 1 January 1980, the first day that there is: the same samples give the same archive. */
const DATE = 0x21
/** A regular file that its owner may read and write, and all others read. */
const MODE = 0o100644
const ZIP64_FIELD = 1

/** What the records of a stored file say of it. */
export interface ZipFacts {
  /** A path with `/`. */
  readonly name: string
  readonly size: number
  readonly crc: number
}

/** The header in front of a file's bytes (APPNOTE.TXT 6.3.10 of PKWARE, section 4.3.7). */
export function localHeader({ name, size, crc }: ZipFacts): Buffer {
  const path = Buffer.from(name)
  const isLarge = size >= MAX_32
  const extra = isLarge ? zip64Field([size, size]) : Buffer.alloc(0)
  const fixed = Buffer.alloc(30)
  fixed.writeUInt32LE(0x04034b50, 0)
  fixed.writeUInt16LE(isLarge ? ZIP64_VERSION : STORED_VERSION, 4)
  writeCommon(fixed, 6, crc, size)
  fixed.writeUInt16LE(path.length, 26)
  fixed.writeUInt16LE(extra.length, 28)
  return Buffer.concat([fixed, path, extra])
}

/** The entry of a file in the directory at the end (section 4.3.12). */
export function directoryEntry({ name, size, crc }: ZipFacts, offset: number): Buffer {
  const path = Buffer.from(name)
  const large = [...(size >= MAX_32 ? [size, size] : []), ...(offset >= MAX_32 ? [offset] : [])]
  const extra = large.length > 0 ? zip64Field(large) : Buffer.alloc(0)
  const version = large.length > 0 ? ZIP64_VERSION : STORED_VERSION
  const fixed = Buffer.alloc(46)
  fixed.writeUInt32LE(0x02014b50, 0)
  fixed.writeUInt16LE(MADE_ON_UNIX | version, 4)
  fixed.writeUInt16LE(version, 6)
  writeCommon(fixed, 8, crc, size)
  fixed.writeUInt16LE(path.length, 28)
  fixed.writeUInt16LE(extra.length, 30)
  fixed.writeUInt32LE(MODE * 0x10000, 38)
  fixed.writeUInt32LE(Math.min(offset, MAX_32), 42)
  return Buffer.concat([fixed, path, extra])
}

/** What stands behind the directory (sections 4.3.14 to 4.3.16), and says where it is. */
export function directoryEnd(count: number, size: number, offset: number): Buffer {
  const isLarge = count >= MAX_16 || size >= MAX_32 || offset >= MAX_32
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(Math.min(count, MAX_16), 8)
  end.writeUInt16LE(Math.min(count, MAX_16), 10)
  end.writeUInt32LE(Math.min(size, MAX_32), 12)
  end.writeUInt32LE(Math.min(offset, MAX_32), 16)
  return isLarge ? Buffer.concat([zip64End(count, size, offset), end]) : end
}

function zip64End(count: number, size: number, offset: number): Buffer {
  const record = Buffer.alloc(76)
  record.writeUInt32LE(0x06064b50, 0)
  record.writeBigUInt64LE(44n, 4)
  record.writeUInt16LE(MADE_ON_UNIX | ZIP64_VERSION, 12)
  record.writeUInt16LE(ZIP64_VERSION, 14)
  record.writeBigUInt64LE(BigInt(count), 24)
  record.writeBigUInt64LE(BigInt(count), 32)
  record.writeBigUInt64LE(BigInt(size), 40)
  record.writeBigUInt64LE(BigInt(offset), 48)
  // The locator, which says where the record is.
  record.writeUInt32LE(0x07064b50, 56)
  record.writeBigUInt64LE(BigInt(offset + size), 64)
  record.writeUInt32LE(1, 72)
  return record
}

/** From the flags to the sizes, which both headers have alike. The method is 0: stored. */
function writeCommon(header: Buffer, at: number, crc: number, size: number): void {
  header.writeUInt16LE(UTF8_NAMES, at)
  header.writeUInt16LE(DATE, at + 6)
  header.writeUInt32LE(crc, at + 8)
  header.writeUInt32LE(Math.min(size, MAX_32), at + 12)
  header.writeUInt32LE(Math.min(size, MAX_32), at + 16)
}

function zip64Field(numbers: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * numbers.length)
  field.writeUInt16LE(ZIP64_FIELD, 0)
  field.writeUInt16LE(8 * numbers.length, 2)
  numbers.forEach((number, index) => field.writeBigUInt64LE(BigInt(number), 4 + 8 * index))
  return field
}

import { createHash } from 'node:crypto'
import { FlaggingError } from '@flagging/core'
import { passiveExtensionOf } from '@flagging/core/store'
import { hashOfId } from '../samples/sample-id.ts'

/** What the keys of a sample's files are made of. */
export interface KeyedSample {
  /** The folder of its endpoint; the empty string for the flagged directory itself. */
  readonly folder: string
  /** When its request came in. */
  readonly at: Date
  /** A UUID. */
  readonly id: string
  /** The keys of all its components, each once. */
  readonly columns: readonly string[]
}

/** Gives the key of a file of a sample. */
export interface FileKeys {
  /**
   * @param column the position of its component among the columns
   * @param file its media type; `spilled` for a value that was too large for its row
   * @param index its position where the column holds a list of files
   */
  (
    column: number,
    file: { readonly type: string; readonly spilled?: 'txt' | 'json' | undefined },
    index?: number,
  ): string
}

/**
 * The keys of the files of a sample:
 * `<folder or _>/<xx>/<yyyy>/<mm>/<dd>/<id>/<column>[-<index>].<extension>`, with two digits of the id in
 * hexadecimal, the day in UTC and the id as 22 characters of base64url. Those digits let a bucket spread
 * what is written at a time: it splits the order of keys, and a day in front would be one hot place.
 *
 * Keys are made of what is stored of the sample alone, so that whoever stores it again stores the same
 * files; different files of a sample have different keys, also where a disk ignores case. All in plain
 * ASCII.
 * @throws FlaggingError `ERR_FLAGGING_STORE` for a time or an id that is none
 */
export function fileKeys({ folder, at, id, columns }: KeyedSample): FileKeys {
  const names = columnNames(columns)
  const start = `${plainName(folder)}/${id.slice(0, 2).toLowerCase()}/${day(at)}/${shortId(id)}`
  return (column, { type, spilled }, index) => {
    const place = index === undefined ? '' : `-${index}`
    return `${start}/${names[column]}${place}.${spilled ?? passiveExtensionOf(type)}`
  }
}

const MAX_NAME = 100
const HASH_DIGITS = 16
/** What starts an escape; where it does not, it stands for itself. */
const ESCAPE = /_[0-9a-f]{2}/g
/** An `h` that needs no escape: no name can be made to look like a hash. */
const HASH_MARK = '_68'
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/**
 * A name of any characters as one segment of a key: letters, digits and `.-` stay, `_` mostly; all else
 * is `_` and two hexadecimal digits for each byte of its UTF-8, and the empty name `_`. Different
 * names get different segments; what is longer than 100 characters ends in a hash instead.
 */
export function plainName(name: string): string {
  if (name === '') return '_'
  if (name === '_') return escaped(name)
  const plain = name
    .replaceAll(ESCAPE, (found) => `_5f${found.slice(1)}`)
    .replaceAll(/[^\w.-]/gu, escaped)
    // Nothing hidden, no option, no blank end that some disks drop.
    .replace(/^[.-]|\.$/g, escaped)
  return fitted(DEVICE.test(plain) ? `${escaped(plain.charAt(0))}${plain.slice(1)}` : plain)
}

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0
  const isLone = code >= 0xd800 && code <= 0xdfff
  // A lone surrogate has no UTF-8; these are the bytes that it would have.
  const bytes = isLone
    ? [0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]
    : Buffer.from(char)
  return Array.from(bytes, (byte) => `_${byte.toString(16).padStart(2, '0')}`).join('')
}

function fitted(plain: string): string {
  return plain.length > MAX_NAME ? withHash(plain) : plain
}

function withHash(plain: string): string {
  const hash = createHash('sha256').update(plain).digest('hex').slice(0, HASH_DIGITS)
  return `${plain.slice(0, MAX_NAME)}${HASH_MARK}${hash}`
}

function columnNames(columns: readonly string[]): string[] {
  // The end of a name must not look like a place in a list.
  const names = columns.map((column) => plainName(column).replace(/-(?=\d+$)/, escaped))
  const lower = names.map((name) => name.toLowerCase())
  return names.map((name, index) =>
    lower.indexOf(lower[index] as string) === lower.lastIndexOf(lower[index] as string)
      ? name
      : withHash(name),
  )
}

function day(at: Date): string {
  if (Number.isNaN(at.getTime())) throw bad('A sample has no time')
  const year = at.getUTCFullYear()
  const digits = String(Math.abs(year)).padStart(4, '0')
  const month = String(at.getUTCMonth() + 1).padStart(2, '0')
  return `${year < 0 ? '-' : ''}${digits}/${month}/${String(at.getUTCDate()).padStart(2, '0')}`
}

function shortId(id: string): string {
  if (!UUID.test(id)) throw bad('The id of a sample is no UUID')
  return hashOfId(id)
}

function bad(message: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_STORE', message)
}

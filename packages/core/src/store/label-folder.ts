import { createHash } from 'node:crypto'

const MAX_BYTES = 100
const HASH_DIGITS = 16

/**
 * Characters that are escaped wherever they stand: what some file system forbids, our own two signs,
 * and what cannot be seen or is nobody's character. Fixed ranges, not Unicode properties: a folder
 * must keep its name when Node learns a newer Unicode.
 */
const UNSAFE =
  /[%~<>:"/\\|?*\0-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\uffff\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{10ffff}]|\u034f|\u17b4|\u17b5|[\u180b-\u180f]/gu

/** What no name starts with: a hidden file, a blank, the mark of a literal cell, a formula. */
const UNSAFE_START =
  /^(?:[.'\s\u2800\p{Join_Control}\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}=+\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b]|[\ufe00-\ufe0f])/u

const UNSAFE_END = /[.\s\u2800]$/

const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$|clock\$)\s*(?:\.|$)/
const OURS = /^(?:logs?\d*\.csv|\.flagging)$/

const METHODS: ReadonlySet<string> = new Set(
  `ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR
  MKCOL MOVE NOTIFY OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH
  SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE`.split(/\s+/),
)

/**
 * The folder names of labels, one each. Different labels get different names, also where a file
 * system ignores case or normalises: the later one of two such labels then ends in `~` and a hash.
 * A name is one path segment of at most 100 bytes on every system, never hidden, never a device,
 * never one of our own files, and never starts a formula. Ordinary labels are their own names.
 */
export function labelFolders(labels: readonly string[]): string[] {
  const folders = new Map<string, string>()
  const taken = new Set<string>()
  return labels.map((label) => {
    const known = folders.get(label)
    if (known !== undefined) return known
    const full = guard(visible(escape(label)))
    const short = fit(full)
    const folder = taken.has(comparable(short)) ? withHash(full) : short
    taken.add(comparable(folder))
    folders.set(label, folder)
    return folder
  })
}

/**
 * The folder name of an endpoint: its pattern with `.` for `/` and `{id}` for `:id`, behind its
 * method unless that is `POST`. What a parameter must match, and whether it may be missing, is no
 * part of the name; otherwise different endpoints get different names.
 */
export function endpointFolder(method: string, pattern: string): string {
  const verb = method.toUpperCase()
  const path = pattern.startsWith('/') ? pattern.slice(1) : pattern
  const [first = '', ...rest] = path === '' ? [] : readPattern(path).map(visible)
  const start = path === '' ? 'index' : isReserved(first, verb) ? escapeFirst(first) : first
  const name = [start, ...rest].join('.')
  if (verb === 'POST') return fit(guard(name))
  return fit(guard(METHODS.has(verb) ? `${verb}.${name}` : `%.${literal(verb)}.${name}`))
}

function isReserved(segment: string, verb: string): boolean {
  return segment === 'index' || (verb === 'POST' && (segment === '_other' || METHODS.has(segment)))
}

const PARAMETER = /:([\w$\u0080-\uffff]+)/y

/** The segments of a pattern, escaped, with `{name}` for a parameter. */
function readPattern(path: string): string[] {
  const segments: string[] = []
  let segment = ''
  for (let at = 0; at < path.length;) {
    PARAMETER.lastIndex = at
    const name = PARAMETER.exec(path)?.[1]
    if (name !== undefined) {
      segment += `{${escape(name)}}`
      at = constraintEnd(path, PARAMETER.lastIndex)
      continue
    }
    const char = String.fromCodePoint(path.codePointAt(at)!)
    at += char.length
    if (char === '/') {
      segments.push(segment)
      segment = ''
    } else {
      segment += literal(char)
    }
  }
  return [...segments, segment]
}

/** Where the `{[0-9]+}`, `(\d+)` or `?` behind a parameter's name ends. */
function constraintEnd(path: string, start: number): number {
  let end = start
  const open = path.charAt(start)
  // In Express 5, `{/` opens an optional group that is no part of the parameter.
  if (open === '(' || (open === '{' && path.charAt(start + 1) !== '/')) {
    const close = open === '(' ? ')' : '}'
    let depth = 0
    for (let at = start; at < path.length; at++) {
      if (path.charAt(at) === '\\') at++
      else if (path.charAt(at) === open) depth++
      else if (path.charAt(at) === close && --depth === 0) {
        end = at + 1
        break
      }
    }
  }
  return path.charAt(end) === '?' ? end + 1 : end
}

function literal(text: string): string {
  return escape(text).replace(/[.{}]/g, percent)
}

/** The empty name gets a sign, and that sign an escape. */
function visible(name: string): string {
  if (name === '') return '_'
  return name === '_' ? percent(name) : name
}

function escape(text: string): string {
  return text.replace(UNSAFE, percent)
}

function escapeFirst(name: string): string {
  return name.replace(/^./su, percent)
}

function percent(char: string): string {
  const code = char.codePointAt(0) ?? 0
  const isSurrogate = code >= 0xd800 && code <= 0xdfff
  // A lone surrogate has no UTF-8; these are the bytes that it would have.
  const bytes = isSurrogate
    ? [0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]
    : Buffer.from(char)
  return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
    '',
  )
}

function guard(name: string): string {
  const safe = name.replace(UNSAFE_END, percent)
  const compared = comparable(safe)
  const isUnsafe = UNSAFE_START.test(safe) || DEVICE.test(compared) || OURS.test(compared)
  return isUnsafe ? escapeFirst(safe) : safe
}

function fit(name: string): string {
  return Buffer.byteLength(name) > MAX_BYTES ? withHash(name) : name
}

function withHash(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_DIGITS)
  let room = MAX_BYTES - HASH_DIGITS - 1
  let head = ''
  for (const [part] of name.matchAll(/%..|./gsu)) {
    room -= Buffer.byteLength(part)
    if (room < 0) break
    head += part
  }
  return `${head}~${hash}`
}

/** What two names have in common that some file system takes for one. */
function comparable(name: string): string {
  const folded = name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
  return folded.replaceAll(/\p{Join_Control}|[\ufe00-\ufe0f]/gu, '')
}

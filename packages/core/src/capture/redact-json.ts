import { isBlank, skipBlanks, stringEnd, unescapeJSON, valueEnd } from './json-text.ts'
import { REDACTED } from './redact-rules.ts'

const QUOTE = 0x22
const COLON = 0x3a
const HIDDEN = JSON.stringify(REDACTED)

/** Deeper or longer paths are not told, so that the work stays linear whatever a client nests. */
const MAX_DEPTH = 64
const MAX_PREFIX = 256

/**
 * Whether the value of a member is to be hidden.
 * @param key the member's key, unescaped
 * @param path where it is, such as `user.list.0.token`; empty more than 64 levels down, or behind
 *   more than 256 characters
 */
export type HideMember = (key: string, path: string) => boolean

/**
 * Replaces the values of hidden members of JSON text by `"[redacted]"` and copies the rest as it is,
 * without white space between tokens unless `blanks` is `keep`. One pass, no recursion.
 *
 * Broken or cut-off text is accepted: whatever is followed by a colon counts as a key, quoted or not,
 * and a hidden value that never ends is replaced up to the end. No attempt is made to look into
 * strings that hold JSON themselves.
 */
export function redactJSON(
  text: string,
  hide: HideMember,
  blanks: 'strip' | 'keep' = 'strip',
): string {
  const paths = new Paths()
  let redacted = ''
  let from = 0
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (isBlank(code)) {
      const end = skipBlanks(text, at)
      if (blanks === 'strip') {
        redacted += text.slice(from, at)
        from = end
      }
      at = end
      continue
    }
    if (paths.structure(code)) {
      at++
      continue
    }
    const token = readToken(text, at)
    at = token.end
    if (token.key === undefined) continue
    const path = paths.member(token.key)
    if (!hide(token.key, path ?? '')) continue

    const value = skipBlanks(text, skipBlanks(text, token.end) + 1)
    redacted += blanks === 'strip' ? `${text.slice(from, token.end)}:` : text.slice(from, value)
    if (value < text.length) redacted += HIDDEN
    at = valueEnd(text, text.charAt(value) === "'" ? stringEnd(text, value) : value)
    from = at
  }
  return from === 0 ? text : redacted + text.slice(from)
}

interface Token {
  readonly end: number
  /** Set if a colon follows. */
  readonly key: string | undefined
}

function readToken(text: string, at: number): Token {
  if (text.charCodeAt(at) === QUOTE) {
    const close = stringEnd(text, at)
    const end = Math.min(close + 1, text.length)
    return { end, key: hasColon(text, end) ? unescapeJSON(text.slice(at + 1, close)) : undefined }
  }
  let end = at + 1
  while (end < text.length && !endsBareToken(text.charCodeAt(end))) end++
  // A stray quote earlier in the text makes keys look unquoted: the quote here closes one.
  const closed = text.charCodeAt(end) === QUOTE && hasColon(text, end + 1)
  if (!closed && !hasColon(text, end)) return { end, key: undefined }
  return { end: closed ? end + 1 : end, key: text.slice(at, end).replaceAll("'", '') }
}

/** Whether a character is white space, a quote, a comma, a colon, a bracket or a brace. */
function endsBareToken(code: number): boolean {
  if (code < 0x3b) return code === 0x2c || code === 0x3a || code === QUOTE || isBlank(code)
  return code === 0x5b || code === 0x5d || code === 0x7b || code === 0x7d
}

function hasColon(text: string, at: number): boolean {
  return text.charCodeAt(skipBlanks(text, at)) === COLON
}

/** Where a scanner is: the dotted path of the containers around it, as far as it is told. */
class Paths {
  /** By depth: what stands before a key's own name, with its dot; `undefined` if it is not told. */
  readonly #prefixes: (string | undefined)[] = ['']
  /** By depth: the index of the current element, -1 outside of arrays. */
  readonly #indexes: number[] = [-1]
  #depth = 0
  #member: { readonly path: string | undefined } | undefined

  /** Takes a bracket, comma or colon; false if the character is none of these. */
  structure(code: number): boolean {
    switch (code) {
      case 0x7b: // {
      case 0x5b: // [
        this.#enter(code === 0x5b)
        return true
      case 0x7d: // }
      case 0x5d: // ]
        this.#depth = Math.max(0, this.#depth - 1)
        this.#member = undefined
        return true
      case 0x2c: // ,
        if (this.#depth <= MAX_DEPTH && this.#indexes[this.#depth] !== -1) {
          this.#indexes[this.#depth]! += 1
        }
        this.#member = undefined
        return true
      default:
        return code === COLON
    }
  }

  /** The path of a member of the current container; a container that follows is its value. */
  member(key: string): string | undefined {
    const prefix = this.#prefixes[this.#depth]
    const path = prefix === undefined ? undefined : prefix + key
    this.#member = { path }
    return path
  }

  #enter(list: boolean): void {
    const path = this.#member === undefined ? this.#element() : this.#member.path
    const root = this.#depth === 0 && this.#member === undefined
    this.#member = undefined
    this.#depth++
    if (this.#depth > MAX_DEPTH) return
    this.#prefixes[this.#depth] = root ? '' : extend(path)
    this.#indexes[this.#depth] = list ? 0 : -1
  }

  #element(): string | undefined {
    const prefix = this.#prefixes[this.#depth]
    const index = this.#indexes[this.#depth] ?? -1
    return prefix === undefined || index === -1 ? undefined : `${prefix}${index}`
  }
}

function extend(path: string | undefined): string | undefined {
  return path === undefined || path.length >= MAX_PREFIX ? undefined : `${path}.`
}

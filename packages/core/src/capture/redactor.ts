import { checkJSON } from './check-json.ts'
import type { RedactRules } from './decoded.ts'
import { redactJSON } from './redact-json.ts'
import { isHidden } from './redact-rules.ts'

/** Names whose spelling in JSON text a pattern can foresee: nothing that needs an escape. */
const PLAIN_NAME = /^[ !#-.0-[\]-~]*$/

/**
 * How JSON begins that may hold a key: with an object, or with a list that may hold one. Before it may
 * stand a byte order mark, as Latin-1 shows it.
 */
const MAY_BE_JSON = /^(?:\u00ef\u00bb\u00bf)?\s*[{[]/
/** What hardly begins anything else, also where the rest of it is missing. */
const IS_JSON = /^(?:\u00ef\u00bb\u00bf)?\s*(?:\[\s*)*\{\s*"/

const KNOWN_MOST = 1000
const KNOWN_LONGEST = 100

const redactors = new WeakMap<RedactRules, Redactor>()

/** The rules of one job, made ready. */
export class Redactor {
  /** Whether there is any name to hide. */
  readonly active: boolean
  readonly #rules: RedactRules
  /** What was found of keys before: an API has the same ones again and again. */
  readonly #knownAtTop = new Map<string, boolean>()
  readonly #knownBelow = new Map<string, boolean>()
  /** Matches every JSON text that holds a hidden key; `undefined` if that cannot be foreseen. */
  readonly #anyKey: RegExp | undefined
  /** Matches every broken text that may hold one, with or without quotes. */
  readonly #anyName: RegExp | undefined

  constructor(rules: RedactRules) {
    this.#rules = rules
    const names = [...rules.names, ...rules.extra]
    this.active = names.length > 0
    if (!names.every((name) => PLAIN_NAME.test(name))) return
    this.#anyKey = new RegExp(`"[-_]*${anyOf(names, '[-_]*')}[-_]*"\\s*:`, 'iu')
    this.#anyName = new RegExp(anyOf(names, "[-_'\\\\]*"), 'iu')
  }

  /** The redactor of these rules, made once for them. */
  static of(rules: RedactRules): Redactor {
    let redactor = redactors.get(rules)
    if (!redactor) redactors.set(rules, (redactor = new Redactor(rules)))
    return redactor
  }

  readonly hides = (key: string, path: string): boolean => isHidden(this.#rules, key, path)

  /** Whether a form field is hidden: by its name, or by a segment as in `user[password]`. */
  hidesField(name: string): boolean {
    if (!this.active) return false
    if (!name.includes('[')) return this.hides(name, name)
    const segments = name.split(/[[\]]+/).filter((segment) => segment !== '')
    let path = ''
    return segments.some((segment) => {
      path = path === '' ? segment : `${path}.${segment}`
      return this.hides(segment, path)
    })
  }

  /**
   * How many members the objects in a JSON value have; `undefined` where one of them may be hidden.
   * @param depth how deep the value lies in another
   */
  membersShown(value: unknown, depth = 0): number | undefined {
    if (typeof value !== 'object' || value === null) return 0
    const isList = Array.isArray(value)
    const keys = isList ? undefined : Object.keys(value)
    const length = keys?.length ?? (value as readonly unknown[]).length
    let count = isList ? 0 : length
    for (let index = 0; index < length; index++) {
      const key = keys?.[index]
      if (key !== undefined && this.#mayHideKey(key, depth)) return undefined
      const member = (value as Readonly<Record<string | number, unknown>>)[key ?? index]
      const below = this.membersShown(member, depth + 1)
      if (below === undefined) return undefined
      count += below
    }
    return count
  }

  /** Below the top, what its path makes an exception of is not known. */
  #mayHideKey(key: string, depth: number): boolean {
    if (!this.active) return false
    const known = depth === 0 ? this.#knownAtTop : this.#knownBelow
    const before = known.get(key)
    if (before !== undefined) return before
    const hides = this.hides(key, depth === 0 ? key : '')
    if (known.size < KNOWN_MOST && key.length <= KNOWN_LONGEST) known.set(key, hides)
    return hides
  }

  /** Whether JSON text may hold a hidden key. */
  mayHide(text: string): boolean {
    if (!this.active) return false
    return this.#anyKey === undefined || this.#anyKey.test(text) || text.includes('\\u')
  }

  /** JSON text with hidden values replaced; the same string if there is nothing to hide. */
  json(text: string): string {
    return this.mayHide(text) ? redactJSON(text, this.hides) : text
  }

  /**
   * Broken or cut-off JSON text, otherwise kept as it is.
   * @param field the name of the form field that it is the value of
   */
  broken(text: string, field?: string): string {
    if (!this.active || !text.includes(':')) return text
    const may = !this.#anyName || this.#anyName.test(text) || text.includes('\\u')
    if (!may) return text
    const hides: typeof this.hides =
      field === undefined
        ? this.hides
        : (key, path) => this.hides(key, path === '' ? '' : `${field}.${path}`)
    return redactJSON(text, hides, 'keep')
  }

  /**
   * Text that nobody declared to be JSON: looked through if all of it is, or if it begins as hardly
   * anything else does. Otherwise it is prose, of which nothing is taken for a key.
   * @param field the name of the form field that it is the value of
   */
  text(text: string, field?: string): string {
    if (!this.active || !MAY_BE_JSON.test(text)) return text
    return IS_JSON.test(text) || checkJSON(text) !== undefined ? this.broken(text, field) : text
  }
}

/** Matches any of the names with something between their characters. */
function anyOf(names: readonly string[], between: string): string {
  const spelled = names.map((name) =>
    [...name].map((char) => char.replace(/[$()*+.?[\\\]^{|}/]/, '\\$&')).join(between),
  )
  return `(?:${spelled.join('|')})`
}

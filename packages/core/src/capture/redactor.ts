import type { RedactRules } from './decoded.ts'
import { redactJSON } from './redact-json.ts'
import { isHidden } from './redact-rules.ts'

/** Names whose spelling in JSON text a pattern can foresee: nothing that needs an escape. */
const PLAIN_NAME = /^[ !#-.0-[\]-~]*$/

const redactors = new WeakMap<RedactRules, Redactor>()

/** The rules of one job, made ready. */
export class Redactor {
  /** Whether there is any name to hide. */
  readonly active: boolean
  readonly #rules: RedactRules
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

  /** Whether JSON text may hold a hidden key. */
  mayHide(text: string): boolean {
    if (!this.active) return false
    return this.#anyKey === undefined || this.#anyKey.test(text) || text.includes('\\u')
  }

  /** JSON text with hidden values replaced; the same string if there is nothing to hide. */
  json(text: string): string {
    return this.mayHide(text) ? redactJSON(text, this.hides) : text
  }

  /** Broken or cut-off JSON text, otherwise kept as it is. */
  broken(text: string): string {
    if (!this.active || !text.includes(':')) return text
    const may = !this.#anyName || this.#anyName.test(text) || text.includes('\\u')
    return may ? redactJSON(text, this.hides, 'keep') : text
  }
}

/** Matches any of the names with something between their characters. */
function anyOf(names: readonly string[], between: string): string {
  const spelled = names.map((name) =>
    [...name].map((char) => char.replace(/[$()*+.?[\\\]^{|}/]/, '\\$&')).join(between),
  )
  return `(?:${spelled.join('|')})`
}

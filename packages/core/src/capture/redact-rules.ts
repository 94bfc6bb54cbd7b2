import type { ComponentSource } from '../components.ts'
import type { RedactRules } from './decoded.ts'

/** What a hidden value is replaced by. */
export const REDACTED = '[redacted]'

/**
 * The names whose values are hidden unless `redact` is `false`, in JSON, forms, queries and streams.
 * They are compared without regard to case, `-` and `_`.
 */
export const builtinRedactNames: readonly string[] = [
  'password',
  'passwd',
  'secret',
  'clientsecret',
  'token',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'apikey',
  'xapikey',
  'authorization',
  'cookie',
  'setcookie',
  'sessionid',
]

/** A name as names are compared. */
function normalizeName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '')
}

/**
 * The rules for one list of components.
 * @param redact the option: names that extend the list, `false`, or a function, which acts later
 * @param declared declared components, which the built-in names do not apply to
 */
export function redactRules(
  redact: unknown,
  declared: readonly { readonly label: string; readonly from?: ComponentSource }[],
): RedactRules {
  return {
    names: redact === false ? [] : builtinRedactNames,
    extra: Array.isArray(redact) ? (redact as string[]).map(normalizeName) : [],
    exempt: declared
      .map(({ label, from = label }) => sourceName(from))
      .filter((name) => name !== ''),
  }
}

function sourceName(from: ComponentSource): string {
  if (typeof from === 'string') return from
  if (typeof from === 'function') return ''
  return Object.values(from)[0] as string
}

/** Whether the value of a key at a dotted path is hidden. */
export function isHidden(rules: RedactRules, key: string, path: string): boolean {
  const name = normalizeName(key)
  if (rules.extra.includes(name)) return true
  return rules.names.includes(name) && !rules.exempt.includes(path)
}

import type { JSONValue } from '../sample/flag-value.ts'
import { canonicalMembers } from './canonical-json.ts'
import { type JSONShape, checkJSON } from './check-json.ts'
import type { Datum } from './decoded.ts'
import { compactJSON, splitJSON } from './json-text.ts'
import type { Redactor } from './redactor.ts'
import { stringifyJSON } from './stringify-json.ts'

/** A decoded JSON text: an object by its members, or another value. */
export type JSONContent =
  | { readonly entries: readonly (readonly [name: string, datum: Datum])[] }
  | { readonly datum: Datum }

/** Texts up to this size are looked at with a glance first. */
const PLAIN = 64 * 1024
/** Texts shorter than this cannot be deep. */
const SHORT = 1024
/** No value deeper than this is made: what reads it, or hands it to another thread, may be recursive. */
const DEEPEST = 500
/** A value with a longer text is left to be parsed on first use. */
const LARGE = 256 * 1024
/** So is what comes after this much text in one body. */
const LARGE_BODY = 256 * 1024
/** An object with more members is one value. */
const MANY = 16_384

/** Decodes JSON text and hides what is to be hidden; `undefined` if it is no valid JSON. */
export function decodeJSON(text: string, redactor: Redactor): JSONContent | undefined {
  const plain = plainValue(text, redactor)
  if (plain !== undefined) return contentOfValue(plain)
  if (text.length < SHORT) return decodeShort(text, redactor)
  // Checked before anything is hidden, which could make valid text of broken text.
  const shape = checkJSON(text)
  return shape && contentOf(redactor.json(shape.compact), shape)
}

/**
 * The value of JSON text that says no more than its value, and has nothing to hide; `undefined` where
 * that takes more than a glance.
 */
export function plainValue(text: string, redactor: Redactor): JSONValue | undefined {
  if (text.length > PLAIN) return undefined
  const members = canonicalMembers(text)
  const value = members === undefined ? undefined : parsed(text)
  // A key that is repeated is there once.
  return value !== undefined && redactor.membersShown(value) === members ? value : undefined
}

/** One value from JSON text that is known to be valid and compact. */
export function datumOfJSON(compact: string): Datum {
  return new Values(compact.length < SHORT ? undefined : checkJSON(compact)).datum(compact)
}

/** JSON text without white space between its tokens; `undefined` if it is no valid JSON. */
export function validJSON(text: string): string | undefined {
  return checkJSON(text)?.compact
}

/** The value of JSON text that is not deep; `undefined` if it is broken. */
function parsed(text: string): JSONValue | undefined {
  try {
    return JSON.parse(text) as JSONValue
  } catch {
    return undefined
  }
}

function decodeShort(text: string, redactor: Redactor): JSONContent | undefined {
  return parsed(text) === undefined
    ? undefined
    : contentOf(compactJSON(redactor.json(text)), undefined)
}

function contentOf(compact: string, shape: JSONShape | undefined): JSONContent {
  const values = new Values(shape)
  const isMany = compact.startsWith('{') && values.members > MANY
  if (compact.length <= LARGE && !values.isDeep && !isMany) {
    const value = JSON.parse(compact) as JSONValue
    if (JSON.stringify(value) === compact) return contentOfValue(value)
  }
  if (!compact.startsWith('{') || isMany) return { datum: values.datum(compact) }
  const parts = splitJSON(compact)
  const entries = new Map<string, Datum>()
  parts?.keys?.forEach((key, index) => {
    // As in JSON.parse, the last of repeated keys counts, at the place of the first.
    entries.set(key, values.datum(parts.values[index] as string))
  })
  return { entries: [...entries] }
}

/** The content of a text that the value says all of. */
function contentOfValue(value: JSONValue): JSONContent {
  if (!isObject(value)) return { datum: { value } }
  const entries: (readonly [string, Datum])[] = []
  for (const name of Object.keys(value)) entries.push([name, { value: value[name] as JSONValue }])
  return { entries }
}

/** Makes the values of one valid, compact text, as far as that is cheap and safe. */
class Values {
  readonly members: number
  readonly isDeep: boolean
  #budget = LARGE_BODY

  constructor(shape: JSONShape | undefined) {
    this.members = shape?.members ?? 0
    this.isDeep = (shape?.depth ?? 0) > DEEPEST
  }

  datum(text: string): Datum {
    // A string is what it spells, whichever escapes it was written with.
    if (text.startsWith('"')) return { value: JSON.parse(text) as string }
    if (text.length > LARGE || text.length > this.#budget || this.#holdsDeep(text)) {
      return { json: text }
    }
    this.#budget -= text.length
    const value = JSON.parse(text) as JSONValue
    return stringifyJSON(value) === text ? { value } : { value, json: text }
  }

  #holdsDeep(text: string): boolean {
    return this.isDeep && text.length >= SHORT && (checkJSON(text)?.depth ?? 0) > DEEPEST
  }
}

function isObject(value: JSONValue): value is { readonly [key: string]: JSONValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

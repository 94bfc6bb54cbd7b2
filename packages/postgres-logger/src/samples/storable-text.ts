import { isWellFormed } from '@flagging/core/store'

/** PostgreSQL's text knows neither NUL nor halves of surrogate pairs: this stands for them. */
const REPLACEMENT = '\ufffd'

/** The longest text of which an index holds two, whatever the characters. */
const LONGEST_INDEXED = 300

/** What PostgreSQL stores of something, and what that does not say of it. */
export interface Storable {
  readonly text: string
  /** The JSON text of what it was, where that is another. */
  readonly exact: string | undefined
}

/** The nearest text that PostgreSQL can hold. */
export function storableText(text: string): string {
  const known = isWellFormed(text) ? text : toWellFormed(text)
  return known.includes('\0') ? known.replaceAll('\0', REPLACEMENT) : known
}

/** The nearest text that PostgreSQL can hold, and the JSON text of what it was where that is another. */
export function storable(text: string): Storable {
  const kept = storableText(text)
  return { text: kept, exact: kept === text ? undefined : JSON.stringify(text) }
}

/**
 * The same for a column with an index, which holds no long text. To find such a text, look for what
 * this gives.
 */
export function indexable(text: string): Storable {
  const kept = storableText(text.length > LONGEST_INDEXED ? text.slice(0, LONGEST_INDEXED) : text)
  return { text: kept, exact: kept === text ? undefined : JSON.stringify(text) }
}

function toWellFormed(text: string): string {
  // Node 20 has the method; the types of ES2023 do not.
  return (text as unknown as { toWellFormed(): string }).toWellFormed()
}

import type { Database } from '../database/database.ts'
import { storableText } from '../samples/storable-text.ts'
import type { SQLValues } from './sql-values.ts'

/** Rules for letters that know all of them: what the database itself has may know ASCII alone. */
const KNOWING = ['und-x-icu', 'pg_unicode_fast', 'pg_c_utf8'] as const

/** What is searched beside values. */
const TEXTS = ['option', 'username', 'comment', 'endpoint', 'interaction'] as const

/** All of a row's text, one thing behind the other. */
const ALL_TEXT = [
  'inputs::text',
  'outputs::text',
  ...['exact::text', 'correction::text', ...TEXTS].map((column) => `coalesce(${column}, '')`),
].join(' || ')

/** Finds rows by the words that stand in them: in a value, or in what somebody said of the sample. */
export class WordSearch {
  readonly #database: Database
  #collation: Promise<string> | undefined

  constructor(database: Database) {
    this.#database = database
  }

  /** What says of rows that each of these words, in lower case, stands in them somewhere. */
  async conditions(words: readonly string[]): Promise<(values: SQLValues) => string[]> {
    if (words.every(isASCII)) return (values) => words.map((word) => holds(values, word, '"C"'))
    this.#collation ??= this.#look()
    this.#collation.catch(() => (this.#collation = undefined))
    const collation = await this.#collation
    return (values) => words.map((word) => holds(values, word, isASCII(word) ? '"C"' : collation))
  }

  async #look(): Promise<string> {
    const found = await this.#database.query<{ name: string }>(
      `select collname as name from pg_collation
        where collname = any($1) and collnamespace = 'pg_catalog'::regnamespace`,
      [KNOWING],
    )
    const names = found.map(({ name }) => name)
    return `"${KNOWING.find((name) => names.includes(name)) ?? 'default'}"`
  }
}

function isASCII(word: string): boolean {
  return !/[^\0-\x7f]/.test(word)
}

/**
 * Whether a word stands in a row. Most rows are told by a look at all of their text at once, in which
 * keys stand, too, and quotes otherwise than in the values.
 */
function holds(values: SQLValues, word: string, collation: string): string {
  const kept = storableText(word)
  const parts = kept.split(/["\\:,\0-\x1f]/).filter((part) => part !== '')
  const roughly = parts.map((part) => isIn(values, part, ALL_TEXT, collation))
  return `case when ${roughly.join(' and ') || 'true'} then ${exactly(values, kept, collation)} else false end`
}

/** As the cells of a log are, each value is looked through by itself. */
function exactly(values: SQLValues, word: string, collation: string): string {
  const correction = textOf("exact ->> 'correction'", 'correction', word)
  const value = textOf("exact #>> array['values', one.key]", 'one.value', word)
  return `(${isIn(values, word, `concat_ws(E'\\n', ${TEXTS.join(', ')}, ${correction})`, collation)} or exists (
    select from jsonb_each(inputs || outputs) as one (key, value)
    where ${isIn(values, word, value, collation)}))`
}

function isIn(values: SQLValues, word: string, text: string, collation: string): string {
  return `strpos(lower((${text}) collate ${collation}) collate "C", ${values.put(word, 'text')}) > 0`
}

/** A string as it is, all else as JSON. @param exact its exact JSON text, where there is one */
function textOf(exact: string, json: string, word: string): string {
  return `coalesce(${compact(exact, word)}, case jsonb_typeof(${json})
    when 'string' then ${json} #>> '{}' when 'null' then null
    else ${compact(`${json}::text`, word)} end)`
}

/** JSON is looked through as logs have it, without blanks. Words have none: most are not concerned. */
function compact(text: string, word: string): string {
  if (!/[:,]/.test(word)) return text
  return `case when ${text} ~ '^[\\[{]'
    then regexp_replace(${text}, '("(?:[^"\\\\]|\\\\.)*")|\\s', '\\1', 'g') else ${text} end`
}

import type { FlagValue, JSONValue } from '../sample/flag-value.ts'
import { uniqueName } from './unique-name.ts'
import { filesIn, objectJSON, storedPath, valueJSON } from './value-json.ts'

/** What the values of a column are, as far as one can tell from one of them. */
type Kind = 'text' | 'integer' | 'number' | 'boolean'

/** A row as it waits for the last one: only then it is known what the columns are. */
export interface FolderRow {
  /** The path of its first file. */
  readonly file: string
  /** The label of the column that the file is of. */
  readonly column: string
  /** Its further files, by label. */
  readonly files: readonly (readonly [label: string, paths: readonly string[]])[]
  /** What is there of its values, by label, and of what is said of it, by name. */
  readonly values: readonly RowText[]
  readonly own: readonly RowText[]
}

type RowText = readonly [name: string, kind: Kind, text: string]

/** What is known of a column when all rows are. */
interface Facts {
  readonly kinds: Set<Kind>
  readonly isInFirst: boolean
}

/** What rules in `datasets` give a meaning to: no column of text may be called so. */
const SPECIAL = /(?:^|_)file_names?$/

/**
 * The columns of a `metadata.jsonl` as Hugging Face's folder builders read it. They take the type of a
 * column from the first rows, so all rows of a column have one: a column is of numbers or booleans
 * only if it has nothing else and the first row has one; any other is of texts, with JSON text for
 * what is no string, and the empty text for what is missing.
 */
export class FolderColumns {
  /** The name that `datasets` gives the column of `file_name`. */
  readonly #base: string
  readonly #files = new Map<string, { isList: boolean }>()
  readonly #values = new Map<string, Facts>()
  readonly #own = new Map<string, Facts>()
  #rows = 0

  constructor(base: string) {
    this.#base = base
  }

  /** Takes note of what a row has. */
  add(row: FolderRow): void {
    for (const [label, paths] of row.files) {
      const isList = this.#files.get(label)?.isList === true || paths.length > 1
      this.#files.set(label, { isList })
    }
    for (const text of row.values) this.#note(this.#values, text)
    for (const text of row.own) this.#note(this.#own, text)
    this.#rows++
  }

  /** Gives what makes the line of a row; all rows must have been added. */
  writer(): (row: FolderRow) => string {
    const taken = new Set([this.#base, 'file_column'])
    const isSpecial = (name: string) => SPECIAL.test(name)
    const named = <T>(columns: ReadonlyMap<string, T>) =>
      [...columns].map(
        ([label, facts]) => [label, uniqueName(label, taken, isSpecial), facts] as const,
      )
    // Ours keep their names.
    const own = named(this.#own)
    const files = named(this.#files)
    const values = named(this.#values)
    return (row) => {
      const filesOf = new Map(row.files)
      const textsOf = (texts: readonly RowText[], columns: typeof own) => {
        const byName = new Map(texts.map((text) => [text[0], text]))
        return columns.map(
          ([label, name, facts]) => [name, cell(byName.get(label), facts)] as const,
        )
      }
      return objectJSON([
        // First, for `datasets` takes it to be what it finds first.
        ['file_name', valueJSON(row.file)],
        ['file_column', valueJSON(row.column)],
        ...files.map(([label, name, { isList }]) => {
          const paths = filesOf.get(label) ?? []
          return isList
            ? ([`${name}_file_names`, valueJSON(paths)] as const)
            : ([`${name}_file_name`, valueJSON(paths[0] ?? null)] as const)
        }),
        ...textsOf(row.values, values),
        ...textsOf(row.own, own),
      ])
    }
  }

  #note(columns: Map<string, Facts>, [name, kind]: RowText): void {
    const facts = columns.get(name)
    if (facts) facts.kinds.add(kind)
    else columns.set(name, { kinds: new Set([kind]), isInFirst: this.#rows === 0 })
  }
}

/** What stands in a column of texts for a value; nothing where it is missing. */
export function rowText(name: string, value: FlagValue | undefined): RowText[] {
  if (value === null || value === undefined) return []
  if (typeof value === 'string') return [[name, 'text', value]]
  const files = filesIn(value)
  if (files.length > 0) {
    const paths = files.map((file) => storedPath(file) ?? '')
    return [[name, 'text', paths.length > 1 ? valueJSON(paths) : (paths[0] as string)]]
  }
  return [[name, kindOf(value as JSONValue), valueJSON(value)]]
}

function kindOf(value: JSONValue): Kind {
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'text'
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? 'integer' : 'number'
}

function cell(text: RowText | undefined, { kinds, isInFirst }: Facts): string {
  const [only] = kinds
  const isNumeric = !kinds.has('text') && !kinds.has('boolean')
  if (!isInFirst || !(isNumeric || (kinds.size === 1 && only === 'boolean'))) {
    return valueJSON(text?.[2] ?? '')
  }
  if (text === undefined) return 'null'
  // Told from whole numbers by its form.
  const isWhole = kinds.has('number') && !/[.e]/.test(text[2])
  return isWhole ? `${text[2]}.0` : text[2]
}

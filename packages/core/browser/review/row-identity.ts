import type { ReviewSample } from './contract.ts'

type Row = Pick<ReviewSample, 'dataset' | 'log' | 'key'>

/**
 * What a sample's row holds: the dataset and the hash, which the key ends with. What is said of a row
 * counts for all that are alike.
 */
export function contentOf({ dataset, key }: Row): string {
  return `${dataset ?? ''}/${key.slice(key.indexOf('.') + 1)}`
}

const known = new WeakMap<readonly Row[], readonly string[]>()

/**
 * Names for the rows of a list by which they are known again after the list was asked for anew: their
 * keys change where rows in front of them were deleted.
 */
export function identitiesOf(rows: readonly Row[]): readonly string[] {
  const before = known.get(rows)
  if (before !== undefined) return before
  const counts = new Map<string, number>()
  const names = rows.map((row) => {
    const name = `${contentOf(row)}/${row.log}`
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    return `${name}/${count}`
  })
  known.set(rows, names)
  return names
}

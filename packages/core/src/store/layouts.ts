import type { Component } from '../components.ts'
import { FlaggingError } from '../errors.ts'
import { type DetailColumn, OPTIONAL_COLUMNS, type OwnColumn } from '../log-columns.ts'
import { type RowLayout, rowLayout } from './row-layout.ts'

/** The layouts of the rows of one logger, each made once. */
export class Layouts {
  readonly #asked: readonly DetailColumn[]
  /** For each list of components, by which of the optional columns there are. */
  readonly #known = new WeakMap<readonly Component[], Map<number, RowLayout>>()

  /** @param asked the columns that every row has after the optional ones */
  constructor(asked: readonly DetailColumn[]) {
    this.#asked = asked
  }

  /**
   * How a row is written.
   * @param optional the values of the optional columns, in their order; `undefined`: no such column
   */
  of(components: readonly Component[], ...optional: readonly unknown[]): RowLayout {
    let layouts = this.#known.get(components)
    if (layouts === undefined) this.#known.set(components, (layouts = new Map()))
    let key = 0
    for (const value of optional) key = key * 2 + (value === undefined ? 0 : 1)
    let layout = layouts.get(key)
    if (layout === undefined) {
      const there = OPTIONAL_COLUMNS.filter((_, index) => optional[index] !== undefined)
      const columns: OwnColumn[] = [...there, ...this.#asked]
      checkLabels(components, columns)
      layouts.set(key, (layout = rowLayout([...components], columns)))
    }
    return layout
  }
}

/** Throws where two columns of a log would have one label. */
export function checkLabels(components: readonly Component[], columns: readonly string[]): void {
  const taken = new Set(columns)
  for (const { label } of components) {
    if (taken.has(label)) {
      const what = columns.includes(label) ? 'is a column of CSVLogger' : 'is there twice'
      const message = `The label ${JSON.stringify(label)} ${what}: give the component another`
      throw new FlaggingError('ERR_FLAGGING_OPTION', message)
    }
    taken.add(label)
  }
}

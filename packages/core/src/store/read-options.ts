import leven from 'leven'
import type { Component } from '../components.ts'
import { FlaggingError } from '../errors.ts'
import { resolveComponents } from '../options/declared.ts'

/** The options of `loadExamples` and `readSamples`. */
export interface ReadOptions {
  /**
   * The input columns, by component or label. A component with a type says how its column reads; a
   * label leaves that to what the directory says of itself. Default: what the directory says, else
   * every column before `Output`. With `outputs` alone: all other columns.
   */
  readonly inputs?: readonly (Component | string)[]
  /** The output columns likewise. With `inputs` alone: all other columns. */
  readonly outputs?: readonly (Component | string)[]
  /** How many samples to leave out at the start. Default 0. */
  readonly offset?: number
  /** How many samples to read at most. Default: all. */
  readonly limit?: number
  /**
   * Told of each row that is left out because it cannot be read, from the first sample on that is
   * read. The message names the log and the place, never what stands there. Lines of which nobody can
   * tell where rows start, as behind a quote that was left open, are told of once and count as one
   * row in `n`. A throw inside ends the reading. Default: such rows are left out without a word.
   */
  readonly onBad?: (problem: FlaggingError) => void
}

const NAMES: readonly string[] = ['inputs', 'outputs', 'offset', 'limit', 'onBad']

/** Which columns were asked for; `undefined` for a side that was not given. */
export interface Asked {
  readonly inputs: readonly Component[] | undefined
  readonly outputs: readonly Component[] | undefined
}

/** {@link ReadOptions}, checked and with their defaults. */
export interface ReadSettings {
  readonly asked: Asked
  readonly offset: number
  readonly limit: number
  readonly onBad: (problem: FlaggingError) => void
}

/**
 * Checks the options and fills in the defaults.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` with what to do instead
 */
export function resolveReadOptions(options: ReadOptions): ReadSettings {
  for (const name of Object.keys(options)) {
    if (NAMES.includes(name)) continue
    const [nearest] = NAMES.toSorted((a, b) => leven(name, a) - leven(name, b))
    throw wrong(`Unknown option '${name}'. Did you mean '${nearest}'?`)
  }
  const { inputs, outputs, offset = 0, limit = Number.POSITIVE_INFINITY, onBad } = options
  if (!Number.isSafeInteger(offset) || offset < 0) throw wrong('`offset` must be a whole number.')
  if (!(Number.isSafeInteger(limit) || limit === Number.POSITIVE_INFINITY) || limit < 0) {
    throw wrong('`limit` must be a whole number.')
  }
  if (onBad !== undefined && typeof onBad !== 'function') {
    throw wrong('`onBad` must be a function.')
  }
  return { asked: askedFor(inputs, outputs), offset, limit, onBad: onBad ?? (() => undefined) }
}

function askedFor(inputs: ReadOptions['inputs'], outputs: ReadOptions['outputs']): Asked {
  if (inputs === undefined && outputs === undefined) return { inputs, outputs }
  const declared = resolveComponents(inputs ?? [], outputs ?? [])
  return {
    inputs: inputs && declared?.inputs,
    outputs: outputs && declared?.outputs,
  }
}

function wrong(message: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_OPTION', message)
}
